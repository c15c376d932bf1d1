// The names of journals: RUN/NUMBER.

import { FlowError } from '../errors.ts'
import type { JournalId, RunId } from './events.ts'

/** What a journal's name says. */
export interface JournalParts {
  readonly run: RunId
  readonly part: number
}

/** `RUN/3` -> `RUN`, 3; throws INVALID_INPUT for what is no such name, or has a number that is not below `most`. */
export function partsOfJournal(journal: JournalId, most: number): JournalParts {
  const at = journal.lastIndexOf('/')
  // Nearly always the run's own: nothing to take apart.
  if (at > 0 && at === journal.length - 2 && journal.endsWith('/0')) return { run: journal.slice(0, at), part: 0 }
  const digits = journal.slice(at + 1)
  const part = Number(digits)
  if (at < 1 || !/^(0|[1-9]\d*)$/.test(digits) || part >= most) {
    throw new FlowError('INVALID_INPUT', `${JSON.stringify(journal)} is not the name of a journal: it is RUN/NUMBER`)
  }
  return { run: journal.slice(0, at), part }
}

/** Of one that has a name of that form. */
export function runOfJournal(journal: JournalId): RunId {
  return journal.slice(0, journal.lastIndexOf('/'))
}
