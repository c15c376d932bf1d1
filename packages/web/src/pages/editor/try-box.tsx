// What a condition or an expression gives on the last values, before anything is run.

import type { Json } from '@stepflow/engine'
import { type ReactElement, useEffect, useState } from 'react'
import { Button } from '../../parts/button.tsx'

export interface TryBoxProps {
  readonly expression: Json | undefined
  /** Throws why it cannot be evaluated. */
  readonly onTry: (expression: Json) => Promise<unknown>
}

export function TryBox({ expression, onTry }: TryBoxProps): ReactElement | null {
  const [answer, setAnswer] = useState<{ text: string; isWrong: boolean }>()
  const [isAsked, setAsked] = useState(false)
  const key = JSON.stringify(expression)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what it was asked about is another expression now
  useEffect(() => setAnswer(undefined), [key])
  if (expression === undefined) return null
  const ask = async () => {
    setAsked(true)
    try {
      setAnswer({ text: JSON.stringify(await onTry(expression)), isWrong: false })
    } catch (error) {
      setAnswer({ text: (error as Error).message, isWrong: true })
    }
    setAsked(false)
  }
  return (
    <p className="row try">
      <Button dense isDisabled={isAsked} onPress={() => void ask()}>
        Try on the last values
      </Button>
      <output className={answer?.isWrong ? 'wrong' : 'mono cut'}>
        {answer === undefined ? '' : answer.isWrong ? answer.text : `= ${answer.text}`}
      </output>
    </p>
  )
}
