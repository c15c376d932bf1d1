// The items of a run: what failed by its cause, all of them as cells by number, and a list of those that one looks for.

import type { Run } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useMemo, useState } from 'react'
import { queries } from '../../api/queries.ts'
import { ItemCells } from '../../canvas/item-cells.tsx'
import { countText } from '../../model/format.ts'
import { countsOf, type Failure, ITEM_STATUSES, numbersOf } from '../../model/item-cells.ts'
import { isOver } from '../../model/run-words.ts'
import { Button, Chip } from '../../parts/button.tsx'
import { Fault } from '../../parts/fault.tsx'
import { Shape } from '../../parts/status.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { ItemList } from './item-list.tsx'
import { RerunDialog } from './rerun-dialog.tsx'
import type { RunPlace } from './run-place.ts'

const FILTERS = [
  { name: 'All', byte: undefined },
  { name: 'Failed', byte: 5 },
  { name: 'Running', byte: 1 },
  { name: 'Waiting', byte: 2 },
] as const

const NO_FAILURES: readonly Failure[] = []

export function ItemsView({ run, place }: { run: Run; place: RunPlace }): ReactElement {
  const [filter, setFilter] = useState<number>()
  const [cause, setCause] = useState<Failure['items']>()
  const { data: statuses, isPending, error, refetch } = useQuery(queries.itemStatuses(run.runId))
  const { data } = useQuery({ ...queries.failures(run.runId), enabled: run.items.failed > 0 })
  const failures = data?.failures ?? NO_FAILURES
  const shown = useMemo(() => (statuses ? numbersOf(statuses, filter, cause) : undefined), [statuses, filter, cause])
  const counts = useMemo(() => (statuses ? countsOf(statuses) : undefined), [statuses])
  if (isPending) return <Outlines rows={12} />
  if (!statuses || !shown) return <Fault error={error} retry={() => void refetch()} />
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
            {byte === undefined ? null : <Shape status={ITEM_STATUSES[byte] ?? 'pending'} />}
            {name}
            {byte === undefined ? null : (
              <span className="ink-3" aria-hidden="true">
                {countText(counts?.[byte] ?? 0)}
              </span>
            )}
          </Chip>
        ))}
        <span className="fill" />
        <span className="small ink-2">
          <b>{countText(shown.length)}</b> shown
        </span>
      </div>
      <div className={failures.length > 0 ? 'items-columns' : 'items-columns without-causes'}>
        {failures.length > 0 ? <Causes run={run} failures={failures} cause={cause} onChoose={setCause} /> : null}
        <ItemCells statuses={statuses} shown={shown} selected={place.item} onOpen={place.openItem} />
        <ItemList
          statuses={statuses}
          numbers={shown}
          failures={failures}
          selected={place.item}
          onOpen={place.openItem}
        />
      </div>
    </div>
  )
}

// ---

interface CausesProps {
  readonly run: Run
  readonly failures: readonly Failure[]
  readonly cause: Failure['items'] | undefined
  readonly onChoose: (cause: Failure['items'] | undefined) => void
}

function Causes({ run, failures, cause, onChoose }: CausesProps): ReactElement {
  const [isRerunOpen, setRerunOpen] = useState(false)
  const { data: info } = useQuery(queries.info())
  const most = Math.max(...failures.map(({ count }) => count))
  const mayAct = info?.role === 'operator' || info?.role === 'admin'
  return (
    <section className="causes" aria-label="Failures by cause">
      <ul aria-label="Failures">
        {failures.map(({ code, step, message, count, items }) => (
          <li key={`${code} ${step} ${message}`}>
            <button
              type="button"
              className="as-text cause"
              onClick={() => onChoose(cause === items ? undefined : items)}
              aria-pressed={cause === items}
            >
              <span className="row">
                <span className="mono fill cut">{code}</span>
                <b>{countText(count)}</b>
              </span>
              <span className="small ink-2 message">
                {step === undefined ? '' : `at ${step}: `}
                {message}
              </span>
              <span className="meter failed" aria-hidden="true">
                <i className="failed" style={{ width: `${(100 * count) / most}%` }} />
              </span>
            </button>
          </li>
        ))}
      </ul>
      {mayAct ? (
        <div className="causes-foot">
          <Button isDisabled={!isOver(run)} onPress={() => setRerunOpen(true)}>
            Rerun {countText(run.items.failed)} failed
          </Button>
          {isOver(run) ? null : <p className="small ink-3">when the run has ended</p>}
          <RerunDialog run={run} from={undefined} isOpen={isRerunOpen} onOpenChange={setRerunOpen} />
        </div>
      ) : null}
    </section>
  )
}
