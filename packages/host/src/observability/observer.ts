// What is observed while flows are served: who counts, exports or draws it is one of these. Nothing of a user's data.

import type { CallContext, JournalEntry, RunRow } from '@stepflow/engine'

export interface Observer {
  /** A component is called; what it returns is called once it has answered. */
  called?(path: string, context: CallContext): ((answer: CallAnswer) => void) | undefined
  /** This process has written these entries of a run. */
  wrote?(run: string, entries: readonly JournalEntry[]): void
  /** A run that this process took part in has ended. */
  runEnded?(row: RunRow): void
  /** A request was answered; `route` is the pattern, never the path. */
  answered?(route: string, status: number, seconds: number): void
  stepTook?(seconds: number): void
}

/** `parked`: it waits, and is called again. */
export type CallAnswer = { readonly kind: 'answered' | 'parked' } | { readonly kind: 'failed'; readonly code: string }

/** All of them, in order. */
export function everyObserver(observers: readonly Observer[]): Required<Observer> {
  // Mostly none: what counts does not ask what was called.
  const ofCalls = observers.filter((one) => one.called)
  return {
    called(path, context) {
      if (ofCalls.length === 0) return undefined
      const ends = ofCalls.map((one) => one.called?.(path, context))
      return (answer) => {
        for (const end of ends) end?.(answer)
      }
    },
    wrote(run, entries) {
      for (const one of observers) one.wrote?.(run, entries)
    },
    runEnded(row) {
      for (const one of observers) one.runEnded?.(row)
    },
    answered(route, status, seconds) {
      for (const one of observers) one.answered?.(route, status, seconds)
    },
    stepTook(seconds) {
      for (const one of observers) one.stepTook?.(seconds)
    },
  }
}
