// Prints which signals a run waits for, and how to send them, once for each. A fold over entries.

import { foldWaits, type JournalEntry, type Plan } from '@stepflow/engine'
import { printable } from './draw-tree.ts'

export interface WaitWatcher {
  see(entries: readonly JournalEntry[]): void
  /** The run's id, known only once it has begun. */
  name(run: string): void
}

/** `storeWords`: what leads `stepflow runs` to the store; absent: the run is in memory, and no signal reaches it. */
export function watchWaits(
  plan: Plan,
  say: (text: string) => void,
  storeWords: readonly string[] | undefined,
): WaitWatcher {
  const waits = foldWaits(plan)
  const told = new Set<string>()
  let run: string | undefined

  function tell() {
    if (run === undefined) return
    for (const { step, name: signal } of waits.open()) {
      if (told.has(signal)) continue
      told.add(signal)
      const what = `step "${step}" waits for the signal "${printable(signal)}"`
      if (storeWords === undefined) say(`${what}, but a run in memory cannot receive signals: use --store`)
      else
        say(
          `${what}. To send it:\n  ${['stepflow runs signal', run, shellWord(signal), "--input-json '{}'", ...storeWords].join(' ')}`,
        )
    }
  }

  return {
    see(entries) {
      waits.see(entries)
      tell()
    },
    name(id) {
      run = id
      tell()
    },
  }
}

export function shellWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
