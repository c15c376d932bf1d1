// The panel of a step: what went wrong, what went in and came out, how often it was tried, and why it stands as it does.

import type { Run, RunFlow } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { type ReactElement, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { durationText } from '../../model/format.ts'
import { type RunGraph, ranFor, type StepRow, waitedFor } from '../../model/run-graph.ts'
import { isOver } from '../../model/run-words.ts'
import { Button } from '../../parts/button.tsx'
import { Copy } from '../../parts/copy.tsx'
import { Fault } from '../../parts/fault.tsx'
import { Shape, Status } from '../../parts/status.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { ClockTime, useNow } from '../../parts/time.tsx'
import { Value } from '../../parts/value.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { Inside } from './inside.tsx'
import { RerunDialog } from './rerun-dialog.tsx'
import type { RunPlace } from './run-place.ts'
import { lineOf, Source } from './source-view.tsx'

type Tab = 'error' | 'inside' | 'input' | 'output' | 'attempts' | 'why'

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
  const data = isReached && found.data ? asOf(found.data, place.at === undefined ? undefined : row) : undefined
  const status = row?.status ?? 'pending'
  const usual = usualTab(row, data)
  const tab = chosen ?? usual
  const line = within ? undefined : lineOf(flow, step)
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
          ...(data?.error ? [{ id: 'error', word: 'Error' }] : []),
          ...(row?.inside === undefined ? [] : [{ id: 'inside', word: 'Inside', count: row.total }]),
          { id: 'input', word: 'Input' },
          { id: 'output', word: 'Output' },
          { id: 'attempts', word: 'Attempts', count: row?.attempts.length || undefined },
          { id: 'why', word: 'Why' },
        ]}
      />
      <div className="section bare">
        {error ? <Fault error={error} /> : null}
        {isReached && isPending ? <Outlines rows={4} /> : null}
        {row ? null : <p className="ink-3">It has not been reached.</p>}
        {tab === 'error' && data?.error ? (
          <ErrorTab
            onSource={() => place.show('source')}
            data={data}
            flow={within ? undefined : flow}
            step={step}
            row={row}
          />
        ) : null}
        {tab === 'inside' && row?.inside !== undefined ? (
          <>
            <Button dense onPress={() => place.enter(row.inside)}>
              Open graph
            </Button>
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
            <Value value={data.output} what="output" loadAll={loadAll} />
          ) : (
            <p className="ink-3">
              {status === 'skipped' ? 'It was skipped, and gave nothing.' : 'It has given nothing yet.'}
            </p>
          )
        ) : null}
        {tab === 'attempts' && row ? <Attempts row={row} /> : null}
        {tab === 'why' && row ? <Why row={data ?? row} flow={flow} place={place} /> : null}
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
function asOf(data: Detail, row: StepRow | undefined): Detail {
  if (!row) return data
  const { input, output, error, why: _, ...rest } = data
  return {
    ...rest,
    ...(row.startedAt !== undefined && 'input' in data ? { input } : {}),
    ...(row.endedAt !== undefined && 'output' in data ? { output } : {}),
    ...(row.endedAt !== undefined && error ? { error } : {}),
    ...(row.why ? { why: row.why } : {}),
  }
}

/** What somebody who opens a step wants to know first. */
function usualTab(row: StepRow | undefined, data: Detail | undefined): Tab {
  if (data?.error) return 'error'
  if (row?.why) return 'why'
  return data && 'output' in data ? 'output' : 'input'
}

type Detail = Awaited<ReturnType<typeof client.getStep>>

/** `waited 0.1 s, ran 8.2 s` */
function Timing({ row }: { row: StepRow }): ReactElement | null {
  const now = useNow()
  const [waited, ran] = [waitedFor(row), ranFor(row, now)]
  if (ran === undefined) return null
  return (
    <p className="small ink-2">
      {waited === undefined || waited < 1 ? '' : `waited ${durationText(waited)}, `}
      {row.status === 'waiting' ? 'waits for' : 'ran'} {durationText(ran)}
      {row.cached ? ', from cache' : ''}
      {row.reused ? ', reused' : ''}
    </p>
  )
}

/** It alone answers: message, source line, attempts, why. */
function ErrorTab(props: {
  data: Detail
  flow: RunFlow | undefined
  step: string
  row: StepRow | undefined
  onSource: () => void
}): ReactElement | null {
  const { data, flow, step, row, onSource } = props
  const { error } = data
  if (!error) return null
  return (
    <>
      <div className="fault">
        <div className="row">
          <span className="code fill">{error.code}</span>
          <Copy text={`${error.code}: ${error.message}`} what="error" word="Copy error" />
        </div>
        <p>{error.message}</p>
      </div>
      {error.data === undefined || error.data === null ? null : (
        <div className="within">
          <h3>Data</h3>
          <Value value={error.data} what="data" />
        </div>
      )}
      {flow?.text === undefined ? null : (
        <div className="within">
          <h3>
            Source <span className="fill" />
            {error.file === undefined ? null : (
              <button type="button" className="link as-text" onClick={onSource}>
                {error.file}:{error.line}
              </button>
            )}
          </h3>
          <Source flow={flow} step={step} around={3} mark={error.line} />
        </div>
      )}
      {row && row.attempts.length > 1 ? (
        <div className="within">
          <h3>Attempts</h3>
          <Attempts row={row} />
        </div>
      ) : null}
    </>
  )
}

function Attempts({ row }: { row: StepRow }): ReactElement {
  if (row.attempts.length === 0) return <p className="ink-3">It was not tried.</p>
  return (
    <ol className="attempts">
      {row.attempts.map(({ startedAt, endedAt, error }, i) => (
        <li key={startedAt + String(i)}>
          <Shape status={error ? 'failed' : endedAt === undefined ? row.status : 'success'} />
          <ClockTime at={startedAt} />
          <span className="fill cut ink-2" title={error?.message}>
            {error ? `${error.code}: ${error.message}` : ''}
          </span>
          <span>{endedAt === undefined ? '' : durationText(Date.parse(endedAt) - Date.parse(startedAt))}</span>
        </li>
      ))}
    </ol>
  )
}

interface WhyProps {
  readonly row: Pick<StepRow, 'stepId' | 'why'>
  readonly flow: RunFlow | undefined
  readonly place: RunPlace
}

function Why({ row, flow, place }: WhyProps): ReactElement {
  const { why } = row
  if (!why) return <p className="ink-3">It ran since all that it needs was there.</p>
  const values = Object.entries(why.values ?? {})
  const { step, at } = why
  return (
    <>
      <p className="sentence">{why.text}</p>
      {at === undefined || at.line === lineOf(flow, row.stepId) ? null : (
        <p className="small">
          <button type="button" className="link as-text" onClick={() => place.show('source')}>
            line {at.line}
          </button>
        </p>
      )}
      {values.length > 0 ? (
        <dl className="pairs within">
          {values.map(([reference, value]) => (
            <div className="pair" key={reference}>
              <dt className="mono cut" title={reference}>
                {reference}
              </dt>
              <dd>
                <span className="mono">{JSON.stringify(value)}</span>
                <Giver reference={reference} flow={flow} onSelect={place.select} />
              </dd>
            </div>
          ))}
        </dl>
      ) : null}
      {step === undefined ? null : (
        <p className="within">
          <button type="button" className="link as-text" onClick={() => place.select(step)}>
            Show {step}
          </button>
        </p>
      )}
    </>
  )
}

/** ` of score (line 22)`: the step that gave a value that was read. */
function Giver(props: {
  reference: string
  flow: RunFlow | undefined
  onSelect: (step: string) => void
}): ReactElement | null {
  const { reference, flow, onSelect } = props
  const step = /^(?:steps\.)?([^.[]+)/.exec(reference)?.[1]
  const line = lineOf(flow, step)
  if (step === undefined || line === undefined) return null
  return (
    <span className="ink-2">
      {' '}
      of{' '}
      <button type="button" className="link as-text" onClick={() => onSelect(step)}>
        {step}
      </button>{' '}
      (line {line})
    </span>
  )
}
