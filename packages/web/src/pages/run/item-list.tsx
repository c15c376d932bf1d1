// Some items of a run, a row each with its link; only those in sight are there.

import { type ReactElement, useRef } from 'react'
import { countText } from '../../model/format.ts'
import { type Failure, failureOf, statusOfItem } from '../../model/item-cells.ts'
import { useSight } from '../../parts/sight.ts'
import { Shape } from '../../parts/status.tsx'

export interface ItemListProps {
  readonly statuses: Uint8Array
  readonly numbers: Uint32Array
  readonly failures: readonly Failure[]
  readonly selected: number | undefined
  readonly onOpen: (item: number) => void
}

const ROW = 30
const MARGIN_ROWS = 20

export function ItemList({ statuses, numbers, failures, selected, onOpen }: ItemListProps): ReactElement {
  const box = useRef<HTMLDivElement>(null)
  const [first, count] = useSight(box, ROW, MARGIN_ROWS)
  const last = Math.min(numbers.length, first + count)
  return (
    <div className="item-list" role="grid" aria-label="Items" aria-rowcount={numbers.length} ref={box} tabIndex={0}>
      <div style={{ height: first * ROW }} />
      {[...numbers.subarray(first, last)].map((n, i) => {
        const status = statusOfItem(statuses, n)
        const failure = status === 'failed' ? failureOf(failures, n) : undefined
        return (
          <div
            key={n}
            role="row"
            aria-rowindex={first + i + 1}
            aria-label={`Item ${n}, ${status}`}
            aria-selected={n === selected}
            className={n === selected ? 'item-row selected' : 'item-row'}
          >
            <span role="gridcell" className={`item-number status ${status}`}>
              <Shape status={status} />
              <a
                className="link"
                href={`?item=${n}`}
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey) return
                  event.preventDefault()
                  onOpen(n)
                }}
              >
                {countText(n)}
              </a>
            </span>
            <span role="gridcell" className="cut ink-2">
              {failure ? failure.step : status}
            </span>
            <span role="gridcell" className="cut mono fill" title={failure?.message}>
              {failure ? `${failure.code} ${failure.message}` : ''}
            </span>
          </div>
        )
      })}
      <div style={{ height: Math.max(0, numbers.length - last) * ROW }} />
      {numbers.length === 0 ? <p className="empty">No item stands so.</p> : null}
    </div>
  )
}
