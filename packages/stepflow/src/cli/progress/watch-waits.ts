// Says which signals a run waits for, and how to send them: once each. A fold over entries.

import type { JournalEntry, Plan } from '@stepflow/engine'
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
  /** By visit: the step and the signal it waits for. */
  const waiting = new Map<string, { readonly step: string; readonly signal: string }>()
  const told = new Set<string>()
  let run: string | undefined

  function tell() {
    if (run === undefined) return
    for (const { step, signal } of waiting.values()) {
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
      for (const entry of entries) {
        if (entry.type === 'finished') forgetItem(waiting, entry.item)
        if (entry.type !== 'parked' && entry.type !== 'settled' && entry.type !== 'started') continue
        const visit = `${entry.sub ?? ''}/${entry.item}/${entry.step}/${entry.visit}`
        if (entry.type === 'parked' && entry.signal !== undefined) {
          waiting.set(visit, { step: stepOf(plan, entry), signal: entry.signal })
        } else waiting.delete(visit)
      }
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

// ---

/** Of a step inside a step, the outermost. */
function stepOf(plan: Plan, { sub, step }: { readonly sub?: string; readonly step: number }): string {
  const root = sub === undefined ? step : Number(sub.split('/')[1])
  return plan.steps[root]?.id ?? String(root)
}

function forgetItem(waiting: Map<string, unknown>, item: number) {
  for (const visit of waiting.keys()) {
    if (Number(visit.split('/').find((part) => part !== '')) === item) waiting.delete(visit)
  }
}
