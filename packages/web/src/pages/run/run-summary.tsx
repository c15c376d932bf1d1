// One line about a run: how long, along which steps, who started it, from what.

import type { Run } from '@stepflow/api'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { countText, durationText, middleCut, shortId } from '../../model/format.ts'
import type { StepRow } from '../../model/run-graph.ts'
import { durationOf, isOver } from '../../model/run-words.ts'
import { Ago, useNow } from '../../parts/time.tsx'

export interface RunSummaryProps {
  readonly run: Run
  readonly critical: readonly string[]
  readonly last: ReadonlyMap<string, StepRow>
}

export function RunSummary({ run, critical, last }: RunSummaryProps): ReactElement {
  const ms = durationOf(run, useNow())
  const labels = Object.entries(run.labels)
  const [first, final] = [last.get(critical[0] ?? ''), last.get(critical.at(-1) ?? '')]
  const length =
    first?.startedAt !== undefined && final?.endedAt !== undefined
      ? Date.parse(final.endedAt) - Date.parse(first.startedAt)
      : undefined
  return (
    <div className="summary">
      {ms === undefined ? null : <b>{durationText(ms)}</b>}
      {critical.length > 1 && length !== undefined ? (
        <span>
          critical path <b>{pathText(critical)}</b> {durationText(length)}
        </span>
      ) : null}
      <span>
        {run.trigger.type}
        {run.trigger.by ? ` by ${run.trigger.by}` : ''}
      </span>
      <span>
        started <Ago at={run.createdAt} />
      </span>
      {labels.length > 0 ? (
        <span className="ink-3">{labels.map(([name, value]) => `${name}=${value}`).join(' ')}</span>
      ) : null}
      {run.origin ? (
        <span>
          rerun of{' '}
          <Link to="/runs/$runId" params={{ runId: run.origin.runId }} search={{}} className="link mono">
            {shortId(run.origin.runId)}
          </Link>
        </span>
      ) : null}
      {run.flowVersion === undefined ? null : (
        <span>
          {middleCut(run.flowName ?? '', 32)} v{run.flowVersion}
        </span>
      )}
      {run.items.total !== 1 ? <ItemCounts run={run} /> : null}
      {run.kind === 'test' ? <span>test</span> : null}
    </div>
  )
}

// ---

const MOST_NAMED = 5

function pathText(critical: readonly string[]): string {
  if (critical.length <= MOST_NAMED) return critical.join(' › ')
  return [...critical.slice(0, 2), '…', ...critical.slice(-2)].join(' › ')
}

/** `12,480 of 100,000, 38 failed, 297/s, 4 m 55 s left` */
function ItemCounts({ run }: { run: Run }): ReactElement {
  const now = useNow()
  const { total, completed, failed, cancelled } = run.items
  const ended = completed + failed + cancelled
  const seconds = run.startedAt === undefined ? 0 : (now - Date.parse(run.startedAt)) / 1000
  const rate = !isOver(run) && seconds > 1 ? ended / seconds : 0
  const left = rate > 0 && total !== null ? (total - ended) / rate : undefined
  return (
    <span>
      {countText(ended)} of {total === null ? 'those that come' : countText(total)}
      {failed > 0 ? `, ${countText(failed)} failed` : ''}
      {rate > 0 ? `, ${countText(Math.round(rate))}/s` : ''}
      {left !== undefined && left > 0 ? `, ${durationText(left * 1000)} left` : ''}
    </span>
  )
}
