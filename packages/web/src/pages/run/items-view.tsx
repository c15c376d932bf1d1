// The items of a run: as cells by number, as a list, and what failed by its cause.

import type { Run } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react'
import { queries } from '../../api/queries.ts'
import { countText } from '../../model/format.ts'
import type { ShownStatus } from '../../model/run-words.ts'
import { Chip } from '../../parts/button.tsx'
import { Fault } from '../../parts/fault.tsx'
import { Shape, Status } from '../../parts/status.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import type { RunPlace } from './run-place.ts'

/** By byte. */
const STATUSES: readonly ShownStatus[] = ['pending', 'running', 'waiting', 'success', 'skipped', 'failed', 'cancelled']

const FILTERS = [
  { name: 'All', byte: undefined },
  { name: 'Failed', byte: 5 },
  { name: 'Running', byte: 1 },
  { name: 'Waiting', byte: 2 },
] as const

const ROW = 26
const MARGIN_ROWS = 20

export function ItemsView({ run, place }: { run: Run; place: RunPlace }): ReactElement {
  const [filter, setFilter] = useState<number>()
  const [cause, setCause] = useState<readonly (readonly number[])[]>()
  const statuses = useQuery(queries.itemStatuses(run.runId))
  const { data: failures } = useQuery({ ...queries.failures(run.runId), enabled: run.items.failed > 0 })
  const shown = useMemo(() => numbersOf(statuses.data, filter, cause), [statuses.data, filter, cause])
  if (statuses.isPending) return <Outlines rows={12} />
  if (statuses.error) return <Fault error={statuses.error} retry={() => void statuses.refetch()} />
  return (
    <div className="items">
      <div className="filter-bar">
        {FILTERS.map(({ name, byte }) => (
          <Chip
            key={name}
            label={name}
            isOn={filter === byte && cause === undefined}
            onChange={() => {
              setFilter(byte)
              setCause(undefined)
            }}
          >
            {byte === undefined ? null : <Shape status={STATUSES[byte] ?? 'pending'} />}
            {name}
          </Chip>
        ))}
        <span className="fill" />
        <span className="small ink-2">
          <b>{countText(shown.length)}</b> shown
        </span>
      </div>
      {failures && failures.failures.length > 0 ? (
        <ul className="causes" aria-label="Failures">
          {failures.failures.map(({ code, step, message, count, items }) => (
            <li key={`${code} ${step} ${message}`}>
              <button
                type="button"
                className="as-text cause"
                onClick={() => setCause(cause === items ? undefined : items)}
                aria-pressed={cause === items}
              >
                <span className="mono failed">{code}</span>
                {step === undefined ? null : <span className="ink-2">at {step}</span>}
                <span className="fill cut ink-2">{message}</span>
                <b>{countText(count)}</b>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      <ItemGrid statuses={statuses.data} numbers={shown} selected={place.item} onOpen={place.openItem} />
    </div>
  )
}

// ---

function numbersOf(
  statuses: Uint8Array | undefined,
  byte: number | undefined,
  cause: readonly (readonly number[])[] | undefined,
): Uint32Array {
  if (!statuses) return new Uint32Array()
  const found = new Uint32Array(statuses.length)
  let count = 0
  if (cause) {
    for (const [first = 0, last = 0] of cause) for (let n = first; n <= last; n++) found[count++] = n
  } else {
    for (let n = 0; n < statuses.length; n++) if (byte === undefined || statuses[n] === byte) found[count++] = n
  }
  return found.subarray(0, count)
}

interface ItemGridProps {
  readonly statuses: Uint8Array
  readonly numbers: Uint32Array
  readonly selected: number | undefined
  readonly onOpen: (item: number) => void
}

/** A row an item; only those in sight are there. */
function ItemGrid({ statuses, numbers, selected, onOpen }: ItemGridProps): ReactElement {
  const box = useRef<HTMLDivElement>(null)
  const [[first, count], setSight] = useState<readonly [number, number]>([0, 60])
  useEffect(() => {
    const element = box.current
    if (!element) return
    const look = () => {
      const from = Math.max(0, Math.floor(element.scrollTop / ROW) - MARGIN_ROWS)
      setSight([from, Math.ceil(element.clientHeight / ROW) + 2 * MARGIN_ROWS])
    }
    const observer = new ResizeObserver(look)
    observer.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [])
  const last = Math.min(numbers.length, first + count)
  return (
    <div className="scroll" role="grid" aria-label="Items" aria-rowcount={numbers.length} ref={box} tabIndex={0}>
      <div style={{ height: first * ROW }} />
      {[...numbers.subarray(first, last)].map((n, i) => {
        const status = STATUSES[statuses[n] ?? 0] ?? 'pending'
        return (
          <div
            key={n}
            role="row"
            aria-rowindex={first + i + 1}
            aria-label={`Item ${n}, ${status}`}
            aria-selected={n === selected}
            className={n === selected ? 'item-row selected' : 'item-row'}
          >
            <span role="gridcell" className="row">
              <Status status={status} />
              <a
                className="mono link"
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
          </div>
        )
      })}
      <div style={{ height: (numbers.length - last) * ROW }} />
      {numbers.length === 0 ? <p className="empty">No item stands so.</p> : null}
    </div>
  )
}
