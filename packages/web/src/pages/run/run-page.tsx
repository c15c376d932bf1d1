// One run: how it stands, in the view that one chose, and a panel about what is selected.

import type { Run } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute, useParams } from '@tanstack/react-router'
import { type ReactElement, useCallback, useEffect, useMemo } from 'react'
import { queries } from '../../api/queries.ts'
import { Graph } from '../../canvas/graph.tsx'
import type { GraphNode } from '../../canvas/graph-node.ts'
import { shortId } from '../../model/format.ts'
import { criticalPath, detailOfStep, lastVisits, type RunGraph, runGraph, type StepRow } from '../../model/run-graph.ts'
import { isOver, nameOf, statusOf } from '../../model/run-words.ts'
import { whatIfs } from '../../model/what-if.ts'
import { Fault, Pane } from '../../parts/fault.tsx'
import { useMedia } from '../../parts/media.ts'
import { Shape } from '../../parts/status.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { Moment, useNowOf } from '../../parts/time.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { Found } from '../../shell/found.tsx'
import { isFree } from '../../shell/keys.ts'
import { usePageCommands } from '../../shell/page-commands.ts'
import { useTitle } from '../../shell/title.ts'
import { FindSteps, matchesOf } from './find-steps.tsx'
import { InnerHead } from './inner-head.tsx'
import { ItemsView } from './items-view.tsx'
import { LogsView } from './logs-view.tsx'
import { RunHead } from './run-head.tsx'
import { RunPanel } from './run-panel.tsx'
import { useRunPlace, type View } from './run-place.ts'
import { useRunScope } from './run-scope.ts'
import { RunSummary } from './run-summary.tsx'
import { SourceView } from './source-view.tsx'
import { StepPanel } from './step-panel.tsx'
import { StepsView } from './steps-view.tsx'
import { TimeSlider } from './time-slider.tsx'
import { TimelineView } from './timeline-view.tsx'

export const runPage = createLazyRoute('/runs/$runId')({ component: RunPage })

// ---

function RunPage(): ReactElement {
  const { runId } = useParams({ from: '/runs/$runId' })
  const query = useQuery(queries.run(runId))
  const run = query.data
  useTitle(run ? `${statusOf(run)} · ${nameOf(run)} ${shortId(runId)}` : 'Run', run && statusOf(run))
  return (
    <Found query={query} what={runId}>
      {(found) => <Loaded key={runId} run={found} />}
    </Found>
  )
}

function Loaded({ run }: { run: Run }): ReactElement {
  const place = useRunPlace(run)
  const { view, item, step } = place
  const isOfOne = run.items.total === 1
  const { data: flow } = useQuery(queries.runFlow(run.runId))
  const scope = useRunScope(run, flow, place)
  const { hasSteps, plan, rows, error } = scope
  const isInner = place.inside !== undefined
  const direction = useMedia(NO_WIDTH) ? 'down' : 'right'
  const graph = useMemo(() => (plan ? runGraph(plan, direction) : undefined), [plan, direction])
  const last = useMemo(() => lastVisits(rows), [rows])
  const critical = useMemo(() => (graph ? criticalPath(graph, last) : []), [graph, last])
  const faster = useMemo(
    () =>
      graph && isOver(run) && run.status !== 'cancelled' && hasSteps && !isInner ? whatIfs(graph, last, critical) : [],
    [graph, run, hasSteps, isInner, last, critical],
  )
  const time = useNowOf(run)
  const nodes = useNodes(graph, last, place.at ?? time)
  const { find } = place
  const matches = useMemo(() => (graph && find !== '' ? matchesOf(find, graph, last) : undefined), [find, graph, last])
  const openInside = useCallback(
    (id: string) => {
      const key = last.get(id)?.inside
      if (key !== undefined) place.enter(key)
    },
    [last, place.enter],
  )
  useFailedFirst(run, rows, place.isChosen || place.at !== undefined || isInner, place.select)
  useRunKeys(rows, step, place, scope.way.at(-2)?.inside)
  useSteps(graph, last, place.select)

  const views: { id: View; word: string; count?: number | undefined }[] = [
    ...(isOfOne ? [] : [{ id: 'items' as const, word: 'Items', count: run.items.total ?? undefined }]),
    ...(hasSteps
      ? [
          { id: 'graph' as const, word: 'Graph' },
          { id: 'timeline' as const, word: 'Timeline' },
          { id: 'steps' as const, word: 'Steps', count: rows.length || undefined },
        ]
      : []),
    { id: 'logs', word: 'Logs' },
    { id: 'source', word: 'Source' },
  ]
  return (
    <>
      <RunHead run={run} rows={scope.outermost} place={place} />
      <RunSummary run={run} critical={critical} last={last} />
      <Tabs label="View" entries={views} selected={view} onSelect={(id) => place.show(id as View)}>
        {hasSteps ? (
          <>
            <FindSteps words={find} onChange={place.setFind} matches={matches} onGo={place.select} />
            <TimeSlider
              run={run}
              at={place.at}
              entries={scope.entries}
              onChange={place.lookAt}
              onWanted={scope.readJournal}
            />
          </>
        ) : null}
      </Tabs>
      {isInner && STEP_VIEWS.has(view) ? <InnerHead run={run} scope={scope} place={place} /> : null}
      <Moment value={place.at}>
        <div className={view === 'items' ? 'split alone' : 'split'}>
          <Pane key={view}>
            {error ? <Fault error={error} /> : null}
            {view === 'items' ? <ItemsView run={run} place={place} /> : null}
            {view === 'graph' && graph ? (
              <Graph
                graph={graph}
                nodes={nodes}
                critical={critical}
                selected={step}
                onSelect={place.select}
                onOpen={openInside}
                {...(matches ? { isFaded: (id: string) => !matches.has(id) } : {})}
              />
            ) : null}
            {view === 'graph' && !graph && !scope.isPlanUnknown ? <Outlines /> : null}
            {view === 'graph' && scope.isPlanUnknown ? (
              <p className="empty">Nobody knows the plan of what runs inside: Steps lists it.</p>
            ) : null}
            {view === 'timeline' ? (
              <TimelineView run={run} rows={rows} critical={critical} selected={step} onSelect={place.select} />
            ) : null}
            {view === 'steps' ? (
              <StepsView rows={rows} selected={step} onSelect={place.select} matches={matches} />
            ) : null}
            {view === 'logs' ? (
              <LogsView run={run} item={item} step={isInner ? undefined : step} onSelect={place.select} />
            ) : null}
            {view === 'source' ? <SourceView flow={flow} step={step} rows={last} onSelect={place.select} /> : null}
          </Pane>
          {view === 'items' ? null : (
            <Pane key={`panel ${step}`}>
              {step !== undefined && hasSteps ? (
                <StepPanel
                  run={run}
                  item={scope.item}
                  step={step}
                  row={last.get(step)}
                  flow={flow}
                  graph={graph}
                  place={place}
                  within={place.inside === undefined ? undefined : { inside: place.inside, element: scope.element }}
                />
              ) : (
                <RunPanel run={run} item={isOfOne ? 0 : item} whatIfs={faster} onSelect={place.select} />
              )}
            </Pane>
          )}
        </div>
      </Moment>
    </>
  )
}

/** Views of the steps of one plan: the flow's, or that of what runs inside a step. */
const STEP_VIEWS: ReadonlySet<View> = new Set(['graph', 'timeline', 'steps'])

/** Less than 480 px are left for the graph, which goes downwards then: of a small window, or beside the navigation and the panel. */
const NO_WIDTH = '(max-width: 767px), (min-width: 900px) and (max-width: 1079px)'

function useNodes(
  graph: RunGraph | undefined,
  last: ReadonlyMap<string, StepRow>,
  now: number,
): ReadonlyMap<string, GraphNode> {
  return useMemo(() => {
    const nodes = new Map<string, GraphNode>()
    for (const id of graph?.steps ?? []) {
      if (id === undefined || !graph) continue
      const row = last.get(id)
      nodes.set(id, {
        id,
        status: row?.status ?? 'pending',
        recovered: row?.recovered !== undefined,
        detail: detailOfStep(row, now),
        canOpen: row?.inside !== undefined,
        description: [row?.why?.text, neighboursText(graph, id)].filter(Boolean).join(', '),
      })
    }
    return nodes
  }, [graph, last, now])
}

const MOST_NAMED = 5

function neighboursText(graph: RunGraph, id: string): string {
  if (graph.steps.length > 500) return ''
  const shape = graph.shapeOf.get(id)
  const of = (way: 'from' | 'to') =>
    graph.drawing.arrows
      .filter((arrow) => arrow[way === 'from' ? 'to' : 'from'] === shape)
      .map((arrow) => graph.steps[arrow[way]])
      .filter((step) => step !== undefined)
      .slice(0, MOST_NAMED)
  const [needs, feeds] = [of('from'), of('to')]
  return [needs.length > 0 ? `needs ${needs.join(', ')}` : '', feeds.length > 0 ? `feeds ${feeds.join(', ')}` : '']
    .filter(Boolean)
    .join(', ')
}

/** What failed first, or what is waited for, is what somebody who opens the run came for. */
function useFailedFirst(
  run: Run,
  rows: readonly StepRow[],
  isChosen: boolean,
  select: (id: string, quietly: true) => void,
) {
  useEffect(() => {
    if (isChosen || rows.length === 0) return
    const failed = rows
      .filter(({ status, recovered }) => status === 'failed' && recovered === undefined)
      .sort((a, b) => (a.endedAt ?? '').localeCompare(b.endedAt ?? ''))
    const waiting = rows.find(({ status }) => status === 'waiting')
    const target = run.status === 'failed' ? failed[0] : waiting
    if (target) select(target.stepId, true)
  }, [run.status, rows, isChosen, select])
}

/** The palette finds the steps of this run, and goes to them. */
function useSteps(graph: RunGraph | undefined, last: ReadonlyMap<string, StepRow>, select: (id: string) => void): void {
  const find = useCallback(
    (text: string) =>
      [...(graph?.shapeOf.keys() ?? [])]
        .filter((id) => id.toLowerCase().includes(text))
        .map((id) => {
          const status = last.get(id)?.status ?? 'pending'
          return { word: id, hint: status, icon: <Shape status={status} />, does: () => select(id) }
        }),
    [graph, last, select],
  )
  usePageCommands(useMemo(() => ({ find }), [find]))
}

/** `around`: the key of what is around the step that one went into. */
function useRunKeys(
  rows: readonly StepRow[],
  step: string | undefined,
  place: ReturnType<typeof useRunPlace>,
  around: string | undefined,
): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isFree(event)) return
      const view = place.views[Number(event.key) - 1]
      if (view) place.show(view)
      else if (event.key === 'n' || event.key === 'N') {
        const failed = rows.filter(({ status }) => status === 'failed').map(({ stepId }) => stepId)
        const at = failed.indexOf(step ?? '')
        const to = event.key === 'n' ? (at + 1) % failed.length : (at - 1 + failed.length) % failed.length
        const target = failed[to]
        if (target !== undefined) place.select(target)
      } else if (event.key === 'Escape' && step !== undefined) place.select(undefined)
      else if (event.key === 'Escape' && place.inside !== undefined) place.enter(around)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [rows, step, place, around])
}
