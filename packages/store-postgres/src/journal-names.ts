// The names of journals, RUN/NUMBER, as the tables have them.

import { type JournalId, type JournalParts, partsOfJournal, type RunId } from '@stepflow/engine'

/** `RUN/3` -> `RUN`, 3; throws INVALID_INPUT for what is no such name. */
export function partsOf(journal: JournalId): JournalParts {
  return partsOfJournal(journal, 2 ** 31)
}

export function journalOf(run: RunId, part: number): JournalId {
  return `${run}/${part}`
}
