// Copies an id, a path, a value or a command; says so where it was asked for.

import { Check, Copy as CopyIcon } from 'lucide-react'
import { type ReactElement, useEffect, useState } from 'react'
import { Button } from './button.tsx'

export function Copy({ text, what, word }: { text: string; what: string; word?: string }): ReactElement {
  const [isDone, setDone] = useState(false)
  useEffect(() => {
    if (!isDone) return
    const timer = setTimeout(() => setDone(false), 1500)
    return () => clearTimeout(timer)
  }, [isDone])
  return (
    <Button
      look="bare"
      dense
      square={word === undefined}
      aria-label={word === undefined ? `Copy ${what}` : word}
      onPress={() => void navigator.clipboard.writeText(text).then(() => setDone(true))}
    >
      {isDone ? <Check size={14} /> : <CopyIcon size={14} />}
      {word}
    </Button>
  )
}
