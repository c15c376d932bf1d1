// Copies an id, a path, a value or a command; says so where it was asked for.

import { Check, Copy as CopyIcon } from 'lucide-react'
import { type ReactElement, useEffect, useState } from 'react'
import { Button } from './button.tsx'

/** Without TLS, and from another machine, a browser has no clipboard for pages: what is selected is copied all the same. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const field = document.createElement('textarea')
  field.value = text
  field.setAttribute('aria-hidden', 'true')
  field.className = 'hidden'
  // In a dialog the focus may not leave it.
  const holder = document.activeElement?.closest('[role=dialog]') ?? document.body
  const before = document.activeElement
  holder.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
  if (before instanceof HTMLElement) before.focus()
}

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
      aria-label={`Copy ${what}`}
      onPress={() => void copyText(text).then(() => setDone(true))}
    >
      {isDone ? <Check size={14} /> : <CopyIcon size={14} />}
      {word}
    </Button>
  )
}
