// What one can do on the page that is open, for the palette: the page says it as long as it is shown.

import { type ReactElement, useEffect, useSyncExternalStore } from 'react'

export interface PageCommand {
  readonly word: string
  readonly hint?: string
  readonly icon?: ReactElement
  readonly does: () => void
}

export interface PageCommands {
  readonly actions?: readonly PageCommand[]
  /** What is found on this page by a part of its name: its steps. */
  readonly find?: (text: string) => readonly PageCommand[]
}

let offered: readonly PageCommands[] = []
const listeners = new Set<() => void>()

/** Give it a value that stays the same as long as what it holds does. */
export function usePageCommands(commands: PageCommands): void {
  useEffect(() => {
    set([...offered, commands])
    return () => set(offered.filter((one) => one !== commands))
  }, [commands])
}

export function useOffered(): readonly PageCommands[] {
  return useSyncExternalStore(listen, () => offered)
}

// ---

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

function set(now: readonly PageCommands[]): void {
  offered = now
  for (const listener of listeners) listener()
}
