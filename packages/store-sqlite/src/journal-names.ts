// The names of journals, RUN/NUMBER, and their numbers in the file; where a journal ends.
//
// N1  The number of a journal is that of its run times PARTS, plus its own: RUN/0 is the run's own, its row is in that of the
//     run.
// N2  How many rows an open journal has, and where its last one is, stands in its row as it was at most LAG positions ago.
//     The newest one is looked for among the LAG positions behind. (`shard-rows.ts` sees to that.)

import { type JournalId, type JournalParts, partsOfJournal } from '@stepflow/engine'

export const PARTS = 4_194_304
export const LAG = 256

/** `RUN/3` -> `RUN`, 3; throws INVALID_INPUT for what is no such name. */
export function partsOf(journal: JournalId): JournalParts {
  return partsOfJournal(journal, PARTS)
}

/** The row of the run's own journal as `journals` has it, of run `?1`: the view itself would look at all of its shards. */
export const HEAD = `(
  SELECT number * ${PARTS} AS number, id || '/0' AS name, is_live, head_first AS first, head_items AS items,
    head_begins AS begins, head_driver AS driver, head_open AS is_open, head_rows AS rows, head_last AS last,
    head_success AS success, head_skipped AS skipped, head_failed AS failed, head_cancelled AS cancelled,
    head_recovered AS recovered, head_running AS running, head_waiting AS waiting, head_error AS error
  FROM runs WHERE id = ?1 AND head_rows > 0) AS journals`

/** The same for journal `?3` of run `?1`, of those that have rows of their own. */
export const SHARD = `(
  SELECT *, ?1 || '/' || (number % ${PARTS}) AS name FROM shards
  WHERE number = (SELECT number FROM runs WHERE id = ?1) * ${PARTS} + ?3) AS journals`

/** N2. To be joined to rows of `journals`: the newest row of the journal, if its own row does not know of it. */
export const NEWS = `LEFT JOIN journal AS news ON journals.is_open AND news.position = (
  SELECT position FROM journal AS behind
  WHERE behind.position > journals.last AND behind.position < journals.last + ${LAG} AND behind.shard = journals.number
  ORDER BY position DESC LIMIT 1)`

/** How many rows a journal has, and where its last one is: of `journals` with NEWS. */
export const ROWS = 'coalesce(news.seq + 1, journals.rows)'
export const LAST = 'coalesce(news.position, journals.last)'
