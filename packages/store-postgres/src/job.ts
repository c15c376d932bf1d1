// What belongs together and waits to be written: who waits for it, and what has become of it so far.

import type { JournalParts } from '@stepflow/engine'
import type { Appended } from './group.ts'

export interface Job {
  readonly appended: readonly Appended[]
  readonly mark: number
  /** Handed in then. */
  readonly tick: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** It was not as we thought: nothing is taken for granted any more. */
  isTried: boolean
  isAlone: boolean
  /** Sent, and not answered: since when. */
  uncertainSince: number | undefined
  isChecked: boolean
  collisions: number
}

/** Nothing has been tried yet. */
export function newJob({
  appended,
  mark,
  tick,
  resolve,
  reject,
}: Pick<Job, 'appended' | 'mark' | 'tick' | 'resolve' | 'reject'>): Job {
  return {
    appended,
    mark,
    tick,
    resolve,
    reject,
    isTried: false,
    isAlone: false,
    uncertainSince: undefined,
    isChecked: false,
    collisions: 0,
  }
}

export function journalsOf(jobs: readonly Job[]): JournalParts[] {
  return jobs.flatMap(({ appended }) => appended.map(({ parts }) => parts))
}
