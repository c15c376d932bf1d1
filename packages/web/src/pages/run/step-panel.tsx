// The panel of a step: what went wrong, what went in and came out, how often it was tried, and why it stands as it does.

import type { Run, RunFlow } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { type ReactElement, useState } from 'react'
import { client, type StepDetail } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { durationText } from '../../model/format.ts'
import { type RunGraph, ranFor, type StepRow, waitedFor } from '../../model/run-graph.ts'
import { isOver } from '../../model/run-words.ts'
import { inLine, written } from '../../model/written-reference.ts'
import { Button } from '../../parts/button.tsx'
import { Copy } from '../../parts/copy.tsx'
import { Fault } from '../../parts/fault.tsx'
import { Status } from '../../parts/status.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { useNow } from '../../parts/time.tsx'
import { Value } from '../../parts/value.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { Inside } from './inside.tsx'
import { RerunDialog } from './rerun-dialog.tsx'
import type { RunPlace } from './run-place.ts'
import { lineOf } from './source-view.tsx'
import { Attempts, StepError } from './step-error.tsx'
import { StepLogs } from './step-logs.tsx'
import { StepWhy } from './step-why.tsx'

type Tab = 'error' | 'inside' | 'input' | 'output' | 'logs' | 'attempts' | 'why'

export interface StepPanelProps {
  readonly run: Run
  readonly item: number | undefined
  readonly step: string
  readonly row: StepRow | undefined
  readonly flow: RunFlow | undefined
  readonly graph: RunGraph | undefined
  readonly place: RunPlace
  /** It is inside of another step. */
  readonly within: { readonly inside: string; readonly element: number } | undefined
}

export function StepPanel({ run, item, step, row, flow, graph, place, within }: StepPanelProps): ReactElement {
  const [chosen, setTab] = useState<Tab>()
  const [isRerunOpen, setRerunOpen] = useState(false)
  const { data: info } = useQuery(queries.info())
  const at = {
    ...(item === undefined ? {} : { item }),
    ...(place.visit === undefined ? {} : { visit: place.visit }),
    ...(within ? { inside: within.inside, element: within.element } : {}),
  }
  // What has not begun at the moment that one looks back to, the server may not know yet either.
  const isReached = row !== undefined && (place.at === undefined || row.status !== 'pending')
  const found = useQuery({ ...queries.step(run.runId, step, at), enabled: isReached })
  const { error, isPending } = found
  const data = isReached && found.data ? asOf(found.data, row, place.at) : undefined
  const status = row?.status ?? 'pending'
  const usual = usualTab(row, data)
  const tab = chosen ?? usual
  const line = within ? undefined : lineOf(flow, step)
  const isManifest = flow?.dialect === 'manifest'
  const component = graph?.drawing.shapes[graph.shapeOf.get(step) ?? -1]?.detail
  const loadAll = () =>
    void client
      .getStep(run.runId, step, { ...at, full: true })
      .then((all) => queryClient.setQueryData(['of-run', run.runId, 'step', step, at], all))
  return (
    <aside className="panel" aria-label={`Step ${step}`}>
      <div className="top">
        <h2 className="row">
          <span className="whole">{step}</span>
          <Status status={status} recovered={row?.recovered !== undefined} />
          <span className="fill" />
          <Copy text={step} what="step id" />
          <Button look="bare" dense square aria-label="Close" onPress={() => place.select(undefined)}>
            <X size={16} />
          </Button>
        </h2>
        <p className="small ink-2">
          <span className="mono">{component}</span>
          {line === undefined ? null : (
            <>
              {component ? ', ' : ''}
              <button type="button" className="link as-text" onClick={() => place.show('source')}>
                line {line}
              </button>
            </>
          )}
          {row && row.attempts.length > 1 ? `, attempt ${row.attempts.length} of ${row.attempts.length}` : ''}
        </p>
        {row ? <Timing row={row} /> : null}
      </div>
      <Tabs
        label="Details"
        selected={tab}
        onSelect={(id) => setTab(id as Tab)}
        entries={[
          ...(usual === 'error' ? [{ id: 'error', word: 'Error' }] : []),
          ...(row?.inside === undefined ? [] : [{ id: 'inside', word: 'Inside', count: row.total }]),
          { id: 'input', word: 'Input' },
          { id: 'output', word: 'Output' },
          { id: 'logs', word: 'Logs', count: data?.logs.length || undefined },
          { id: 'attempts', word: 'Attempts', count: row?.attempts.length || undefined },
          { id: 'why', word: 'Why' },
        ]}
      />
      <div className="section bare">
        {error ? <Fault error={error} /> : null}
        {isReached && isPending ? <Outlines rows={4} /> : null}
        {row ? null : <p className="ink-3">It has not been reached.</p>}
        {tab === 'error' && data?.error ? (
          <StepError
            onSource={() => place.show('source')}
            data={data}
            flow={within ? undefined : flow}
            step={step}
            row={row}
          />
        ) : null}
        {tab === 'inside' && row?.inside !== undefined ? (
          <>
            <p className="spaced">
              <Button dense onPress={() => place.enter(row.inside)}>
                Open graph
              </Button>
            </p>
            <Inside run={run} item={item} inside={row.inside} />
          </>
        ) : null}
        {tab === 'input' && data ? (
          'input' in data ? (
            <Value value={data.input} what="input" loadAll={loadAll} />
          ) : (
            <p className="ink-3">It has no input yet.</p>
          )
        ) : null}
        {tab === 'output' && data ? (
          'output' in data ? (
            <Value
              value={data.output}
              what="output"
              loadAll={loadAll}
              // What runs inside a step is out of reach for those around it.
              referenceOf={
                within ? undefined : (keys) => inLine(written({ of: 'step', name: step }, keys, isManifest).value)
              }
            />
          ) : (
            <p className="ink-3">
              {status === 'skipped' ? 'It was skipped, and gave nothing.' : 'It has given nothing yet.'}
            </p>
          )
        ) : null}
        {tab === 'logs' ? <StepLogs run={run} lines={data?.logs ?? []} onShow={() => place.show('logs')} /> : null}
        {tab === 'attempts' && row ? <Attempts row={row} /> : null}
        {tab === 'why' && row ? <StepWhy runId={run.runId} row={data ?? row} flow={flow} place={place} /> : null}
      </div>
      {isOver(run) && info?.role !== 'viewer' && row && !within && place.at === undefined ? (
        <div className="foot">
          <Button onPress={() => setRerunOpen(true)}>Rerun from here</Button>
          <RerunDialog run={run} from={step} isOpen={isRerunOpen} onOpenChange={setRerunOpen} />
        </div>
      ) : null}
    </aside>
  )
}

// ---

/** Of the values that are known now, those that were known when the step stood like that. */
function asOf(data: StepDetail, row: StepRow, moment: number | undefined): StepDetail {
  if (moment === undefined) return data
  const { input, output, error, why: _, ...rest } = data
  return {
    ...rest,
    ...(row.startedAt !== undefined && 'input' in data ? { input } : {}),
    ...(row.endedAt !== undefined && 'output' in data ? { output } : {}),
    ...(row.endedAt !== undefined && error ? { error } : {}),
    ...(row.why ? { why: row.why } : {}),
    logs: data.logs.filter(({ at }) => Date.parse(at) <= moment),
  }
}

/** What somebody who opens a step wants to know first. */
function usualTab(row: StepRow | undefined, data: StepDetail | undefined): Tab {
  if (data ? data.error : row?.status === 'failed') return 'error'
  if (row?.why) return 'why'
  return data && 'output' in data ? 'output' : 'input'
}

/** `waited 0.1 s, ran 8.2 s` */
function Timing({ row }: { row: StepRow }): ReactElement | null {
  const now = useNow()
  const [waited, ran] = [waitedFor(row), ranFor(row, now)]
  if (ran === undefined) return null
  return (
    <p className="small ink-2">
      {waited === undefined || waited < 1 ? '' : `waited ${durationText(waited)}, `}
      {row.status === 'waiting' ? 'waiting for' : 'ran'} {durationText(ran)}
      {row.cached ? ', from cache' : ''}
      {row.reused ? ', reused' : ''}
    </p>
  )
}
