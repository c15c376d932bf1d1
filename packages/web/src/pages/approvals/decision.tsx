// The form that answers a question, made of its schema.

import type { Wait } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, type ReactElement, useRef, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { emptyValue, type Schema } from '../../model/fields.ts'
import { problemsIn } from '../../model/schema-check.ts'
import { Button } from '../../parts/button.tsx'
import { ChoiceAsBoxes, Form } from '../../parts/form.tsx'
import { OtherProblems, type Problems, useFirstInvalid } from '../../parts/invalid-fields.tsx'
import { isReadable, JsonField } from '../../parts/json-field.tsx'
import { Until } from '../../parts/time.tsx'

const NONE: Problems = new Map()

export function Decision({ wait }: { wait: Wait }): ReactElement {
  const { schema, expiresAt } = wait
  const hasFields = typeof schema === 'object' && schema !== null
  const [value, setValue] = useState<unknown>(() => (hasFields ? emptyValue(schema, schema as Schema) : undefined))
  const [tried, setTried] = useState<Problems>(NONE)
  const [refused, setRefused] = useState<string>()
  const [isSending, setSending] = useState(false)
  const { data: info } = useQuery(queries.info())
  const form = useRef<HTMLFormElement>(null)
  useFirstInvalid(form, tried)
  // What is corrected is no longer said to be wrong.
  const problems = tried === NONE ? NONE : problemsIn(schema, value ?? null)
  const send = async (event: FormEvent) => {
    event.preventDefault()
    const found = hasFields ? problemsIn(schema, value ?? null) : NONE
    setTried(found)
    if (!isReadable(form.current) || found.size > 0) return
    setSending(true)
    try {
      queryClient.setQueryData(['wait', wait.id], await client.decideWait(wait.id, value ?? null))
      await queryClient.invalidateQueries({ queryKey: ['waits'] })
    } catch (error) {
      setRefused((error as Error).message)
      // Somebody else may have decided: what they decided is shown.
      await queryClient.invalidateQueries({ queryKey: ['wait', wait.id] })
    } finally {
      setSending(false)
    }
  }
  return (
    <form ref={form} className="decision" aria-label="Decision" onSubmit={(event) => void send(event)} noValidate>
      <div className="section">
        {hasFields ? (
          <ChoiceAsBoxes value={true}>
            <Form schema={schema} value={value} onChange={setValue} problems={problems} />
            <OtherProblems schema={schema} problems={problems} look="form" />
          </ChoiceAsBoxes>
        ) : (
          <JsonField label="Answer" value={value} onChange={setValue} />
        )}
        {refused === undefined ? null : (
          <p className="wrong" role="alert">
            {refused}
          </p>
        )}
      </div>
      <div className="foot">
        <Button type="submit" look="primary" isDisabled={isSending}>
          Send decision
        </Button>
        <span className="small ink-3">
          {expiresAt === undefined ? (
            info?.name === undefined ? (
              'A decision is final'
            ) : (
              `As ${info.name}; a decision is final`
            )
          ) : (
            <>
              expires <Until at={expiresAt} />, then {'default' in wait ? 'its default counts' : 'TIMEOUT'}
            </>
          )}
        </span>
      </div>
    </form>
  )
}
