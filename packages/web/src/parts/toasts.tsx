// Messages that pass: what was done, and a way to take it back.

import { type ReactElement, useSyncExternalStore } from 'react'
import { Button } from './button.tsx'

interface Message {
  readonly id: number
  readonly text: string
  readonly isFault: boolean
  readonly undo?: () => void
}

const STAYS_MS = 6_000
let messages: readonly Message[] = []
let next = 1
const listeners = new Set<() => void>()

/** Says what was done; with `undo` it can be taken back. */
export function say(text: string, { isFault = false, undo }: { isFault?: boolean; undo?: () => void } = {}): void {
  const message = { id: next++, text, isFault, ...(undo ? { undo } : {}) }
  set([...messages.slice(-3), message])
  setTimeout(() => drop(message.id), STAYS_MS)
}

/** Does it, and says what went wrong with it. */
export async function attempt(action: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await action()
    if (done !== undefined) say(done)
    return true
  } catch (error) {
    say(error instanceof Error ? error.message : String(error), { isFault: true })
    return false
  }
}

export function Toasts(): ReactElement {
  const shown = useSyncExternalStore(listen, () => messages)
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text, isFault, undo }) => (
        <div key={id} className="floats toast">
          <span className={isFault ? 'fill failed' : 'fill'}>{text}</span>
          {undo ? (
            <Button
              dense
              onPress={() => {
                undo()
                drop(id)
              }}
            >
              Undo
            </Button>
          ) : null}
        </div>
      ))}
    </div>
  )
}

// ---

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

function drop(id: number): void {
  set(messages.filter((message) => message.id !== id))
}

function set(now: readonly Message[]): void {
  messages = now
  for (const listener of listeners) listener()
}
