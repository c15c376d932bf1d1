// The marks of a store's batches, by which its rows are found again where the answer was lost. Of all stores that write to a
// database, only one gives marks from its first one on.

import type { JournalParts } from '@stepflow/engine'
import { bigints, ints, texts } from './arrays.ts'
import type { Connection } from './connection.ts'
import { toText } from './text.ts'

/** Marks of one store. */
export const MARKS = 2 ** 22

export function newFirstMark(): number {
  return Math.floor(Math.random() * 2 ** 30) * MARKS
}

export interface MarkedRow {
  readonly run: string
  readonly part: number
  readonly seq: number
  readonly tx: number
  readonly place: number
  readonly mark: number
}

/** Those of these journals' rows that have one of the marks. */
export function findMarked(
  connection: Connection,
  journals: readonly JournalParts[],
  marks: readonly number[],
): Promise<MarkedRow[]> {
  return connection.query<MarkedRow>({
    text: `SELECT run, part, seq, tx, place, mark FROM journal
      WHERE (run, part) IN (SELECT * FROM unnest($1::text[], $2::integer[])) AND mark = ANY ($3::bigint[])`,
    values: [texts(journals.map(({ run }) => toText(run))), ints(journals.map(({ part }) => part)), bigints(marks)],
  })
}
