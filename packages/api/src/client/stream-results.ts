// The results of a run as they are there, over connections that break off: each comes once.

import type { ItemResult, Outcome, ResultOrder } from '@stepflow/engine'
import type { Http } from './http.ts'
import { Patience, type PatienceOptions } from './patience.ts'
import { readLines } from './read-lines.ts'

/** How results are read. */
export interface ReadResults extends PatienceOptions {
  readonly order?: ResultOrder
  /** Leaves out so many. */
  readonly from?: number
}

export async function* streamResults(
  http: Http,
  run: string,
  options: ReadResults,
): AsyncGenerator<readonly ItemResult[]> {
  const { order = 'input', from = 0, signal } = options
  const patience = new Patience(options)
  let next = from
  for (;;) {
    try {
      const query = { order, from: next }
      const answer = await http.stream(`${run}/results`, 'application/x-ndjson', { query, signal })
      for await (const lines of readLines(http.chunks(answer))) {
        const first = next
        next += lines.length
        patience.reset()
        yield lines.map((line, i) => resultOf(line, order, first + i))
      }
      return
    } catch (thrown) {
      await patience.after(thrown)
    }
  }
}

// ---

function resultOf(line: string, order: ResultOrder, index: number): ItemResult {
  if (order === 'input') return { index, outcome: JSON.parse(line) as Outcome }
  const { index: own, ...outcome } = JSON.parse(line) as Outcome & { readonly index: number }
  return { index: own, outcome }
}
