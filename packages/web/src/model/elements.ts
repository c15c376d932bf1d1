// What runs inside a step, element by element: the elements of a loop, or the one run of an inner flow.

import type { StepRow } from './run-graph.ts'

export interface Element {
  readonly number: number
  readonly status: StepRow['status']
  readonly rows: readonly StepRow[]
  /** That says most of how it stands: what failed, waits or runs. */
  readonly telling: StepRow | undefined
}

/** Those that failed first, then those that have not ended, each by number. */
export function elementsOf(rows: readonly StepRow[]): Element[] {
  const byNumber = new Map<number, StepRow[]>()
  for (const row of rows) {
    const number = row.element ?? 0
    const known = byNumber.get(number)
    if (known) known.push(row)
    else byNumber.set(number, [row])
  }
  const elements = [...byNumber].map(([number, own]): Element => {
    const telling = ORDER.map((status) => own.find((row) => row.status === status && row.recovered === undefined)).find(
      (row) => row !== undefined,
    )
    return { number, rows: own, telling, status: telling?.status ?? statusOfEnded(own) }
  })
  return elements.sort((a, b) => rank(a) - rank(b) || a.number - b.number)
}

// ---

const ORDER: readonly StepRow['status'][] = ['failed', 'waiting', 'running', 'cancelled']

function rank({ status }: Element): number {
  const at = ORDER.indexOf(status)
  return at < 0 ? ORDER.length : at
}

/** Nothing in it failed, waits or runs. */
function statusOfEnded(rows: readonly StepRow[]): StepRow['status'] {
  if (rows.some(({ status, recovered }) => status === 'success' || recovered !== undefined)) return 'success'
  return rows.some(({ status }) => status === 'skipped') ? 'skipped' : 'pending'
}
