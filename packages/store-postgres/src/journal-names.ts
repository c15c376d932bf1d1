// The names of journals: RUN/NUMBER.

import { FlowError, type JournalId, type RunId } from '@stepflow/engine'

export interface Parts {
  readonly run: RunId
  readonly part: number
}

/** `RUN/3` -> `RUN`, 3; throws INVALID_INPUT for what is no such name. */
export function partsOf(journal: JournalId): Parts {
  const at = journal.lastIndexOf('/')
  const digits = journal.slice(at + 1)
  const part = Number(digits)
  if (at < 1 || !/^(0|[1-9]\d*)$/.test(digits) || part >= 2 ** 31) {
    throw new FlowError('INVALID_INPUT', `${JSON.stringify(journal)} is not the name of a journal: it is RUN/NUMBER`)
  }
  return { run: journal.slice(0, at), part }
}

export function journalOf(run: RunId, part: number): JournalId {
  return `${run}/${part}`
}

export function runOf(journal: JournalId): RunId {
  return journal.slice(0, journal.lastIndexOf('/'))
}
