// Two runs by step id: one graph with the statuses of both, and what differs, the causes first.

import type { Run } from '@stepflow/api'
import type { Plan } from '@stepflow/engine'
import { FlowError } from '@stepflow/engine'
import { useQueries } from '@tanstack/react-query'
import { createLazyRoute, Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { ArrowLeftRight } from 'lucide-react'
import { type ReactElement, useCallback, useMemo, useState } from 'react'
import { queries } from '../../api/queries.ts'
import { Graph } from '../../canvas/graph.tsx'
import type { GraphNode } from '../../canvas/graph-node.ts'
import { type Compared, compared, lastedOf, longerText, type StepPair } from '../../model/compare.ts'
import { durationText, shortId } from '../../model/format.ts'
import { lastVisits, type RunGraph, runGraph, type StepRow } from '../../model/run-graph.ts'
import { detailOf, durationOf, nameOf, statusOf } from '../../model/run-words.ts'
import { Button } from '../../parts/button.tsx'
import { Fault } from '../../parts/fault.tsx'
import { Choice } from '../../parts/floating.tsx'
import { type Column, Rows } from '../../parts/rows.tsx'
import { Status } from '../../parts/status.tsx'
import { useSteady } from '../../parts/steady.ts'
import { Ago, useNow } from '../../parts/time.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { Crumb } from '../../shell/crumb.tsx'
import { NotFound } from '../../shell/not-found.tsx'
import { useTitle } from '../../shell/title.ts'
import { ComparePanel } from './compare-panel.tsx'

export const comparePage = createLazyRoute('/compare/$a/$b')({ component: ComparePage })

// ---

/** The outputs of so many steps are compared at once; of more, that of the one that is selected. */
const MOST_OUTPUTS = 60

/** In the address: the panel was closed. */
const NO_STEP = '-'
const SHEETS = '(max-width: 899px)'

function ComparePage(): ReactElement {
  const { a, b } = useParams({ from: '/compare/$a/$b' })
  useTitle(`Compare ${shortId(a)} with ${shortId(b)}`)
  const runs = useQueries({ queries: [queries.run(a), queries.run(b)] })
  const [first, second] = runs
  if (first.data && second.data) return <Loaded key={`${a} ${b}`} a={first.data} b={second.data} />
  const failed = runs.findIndex(({ error }) => error)
  const error = runs[failed]?.error
  if (!error) return <Outlines rows={10} />
  if (FlowError.is(error) && error.code === 'NOT_FOUND') return <NotFound what={failed === 0 ? a : b} />
  return <Fault error={error} retry={() => void runs[failed]?.refetch()} />
}

function Loaded({ a, b }: { a: Run; b: Run }): ReactElement {
  const search = useSearch({ from: '/compare/$a/$b' })
  const navigate = useNavigate({ from: '/compare/$a/$b' })
  const item = /^\d+$/.test(search.item ?? '') ? Number(search.item) : 0
  const [flowA, flowB] = useQueries({ queries: [queries.runFlow(a.runId), queries.runFlow(b.runId)] })
  const at = (run: Run) => (run.items.total === 1 ? undefined : item)
  const [stepsA, stepsB] = useQueries({ queries: [queries.steps(a.runId, at(a)), queries.steps(b.runId, at(b))] })
  const graph = useMemo(
    () => (flowB.data ? runGraph(flowB.data.plan as unknown as Plan, 'right') : undefined),
    [flowB.data],
  )
  const lastA = useMemo(() => lastVisits(stepsA.data?.steps ?? []), [stepsA.data])
  const lastB = useMemo(() => lastVisits(stepsB.data?.steps ?? []), [stepsB.data])
  const outputs = useOutputs({ a, b, item, lastA, lastB })
  const all = useMemo(() => {
    if (!graph || !stepsA.data || !stepsB.data) return undefined
    const ids = [...new Set([...graph.steps.filter((id) => id !== undefined), ...lastA.keys()])]
    const pairs = ids.map(
      (id): StepPair => ({ id, a: lastA.get(id), b: lastB.get(id), hasSameOutput: outputs.get(id) }),
    )
    return compared(pairs, graph)
  }, [graph, stepsA.data, stepsB.data, lastA, lastB, outputs])
  const [shown, setShown] = useState<'differs' | 'all'>('differs')
  // Where the panel lies over the rest, it comes when it is asked for.
  const usual = matchMedia(SHEETS).matches ? undefined : all?.find(({ differs }) => differs)?.id
  const selected = search.step === NO_STEP ? undefined : (search.step ?? usual)
  const select = useSteady(
    (step: string | undefined) =>
      void navigate({ search: (now) => ({ ...now, step: step ?? NO_STEP }), replace: true }),
  )
  const nodes = useMemo(() => nodesOf(all ?? [], graph), [all, graph])
  const isFaded = useCallback((id: string) => !nodes.get(id)?.description.startsWith('differs'), [nodes])
  const columns = useMemo(() => columnsOf(select), [select])
  const differing = all?.filter(({ differs }) => differs) ?? []
  const error = stepsA.error ?? stepsB.error ?? flowA.error ?? flowB.error
  const rows = shown === 'all' ? (all ?? []) : differing
  const pair = all?.find(({ id }) => id === selected)
  return (
    <>
      <header className="head">
        <Crumb to="/runs" word="Runs" />
        <h1>
          <span>
            Compare <span className="mono">{shortId(a.runId)}</span> with{' '}
            <span className="mono">{shortId(b.runId)}</span>
          </span>
        </h1>
        <span className="fill" />
        <Button
          onPress={() =>
            void navigate({ to: '/compare/$a/$b', params: { a: b.runId, b: a.runId }, search: (now) => now })
          }
        >
          <ArrowLeftRight size={16} />
          Swap
        </Button>
      </header>
      <div className="summary compared">
        <OneRun run={a} letter="A" />
        <OneRun run={b} letter="B" />
        {flowA.data && flowB.data && flowA.data.text !== flowB.data.text ? <span>the flow differs</span> : null}
        {a.items.total === 1 && b.items.total === 1 ? null : (
          <label className="row">
            Item
            <input
              type="number"
              min={0}
              value={item}
              onChange={(event) =>
                void navigate({ search: (now) => ({ ...now, item: event.target.value }), replace: true })
              }
            />
          </label>
        )}
      </div>
      <div className={pair ? 'split' : 'split alone'}>
        <div className="compare">
          {error ? <Fault error={error} /> : null}
          {graph && all ? (
            <Graph graph={graph} nodes={nodes} selected={selected} onSelect={select} isFaded={isFaded} />
          ) : (
            <Outlines rows={6} />
          )}
          {all ? (
            <section className="compare-table" aria-label="What differs">
              <div className="filter-bar">
                <b>
                  {differing.length} {differing.length === 1 ? 'step differs' : 'steps differ'}
                </b>
                <span className="small ink-2">of {all.length}, causes first</span>
                <span className="fill" />
                <Choice
                  label="Steps shown"
                  isLabelHidden
                  value={shown}
                  choices={[
                    ['differs', 'Differs'],
                    ['all', 'All'],
                  ]}
                  onChange={setShown}
                />
              </div>
              <Rows
                label="Steps"
                columns={columns}
                rows={rows}
                keyOf={({ id }) => id}
                selected={selected}
                onOpen={({ id }) => select(id)}
                empty={<p className="empty">Each step ended alike in both runs.</p>}
              />
            </section>
          ) : null}
        </div>
        {pair ? (
          <ComparePanel
            key={pair.id}
            pair={pair}
            onClose={() => select(undefined)}
            a={{ run: a, item: at(a), flow: flowA.data }}
            b={{ run: b, item: at(b), flow: flowB.data }}
          />
        ) : null}
      </div>
    </>
  )
}

function OneRun({ run, letter }: { run: Run; letter: 'A' | 'B' }): ReactElement {
  const ms = durationOf(run, useNow())
  return (
    <span className="row">
      <span className={`letter ${letter}`}>{letter}</span>
      <Link to="/runs/$runId" params={{ runId: run.runId }} search={{}} className="link mono">
        {shortId(run.runId)}
      </Link>
      <Status status={statusOf(run)} recovered={Boolean(run.recovered)} detail={detailOf(run)} />
      {ms === undefined ? null : <b>{durationText(ms)}</b>}
      <Ago at={run.createdAt} />
      <span>
        {nameOf(run)}
        {run.flowVersion === undefined ? '' : ` v${run.flowVersion}`}
      </span>
    </span>
  )
}

interface OutputsOf {
  readonly a: Run
  readonly b: Run
  readonly item: number
  readonly lastA: ReadonlyMap<string, StepRow>
  readonly lastB: ReadonlyMap<string, StepRow>
}

/** By step: whether both gave the same; without those of which nobody knows yet. */
function useOutputs({ a, b, item, lastA, lastB }: OutputsOf): ReadonlyMap<string, boolean> {
  const ids = useMemo(() => {
    const both = [...lastB.values()].filter(
      ({ stepId, status }) => status === 'success' && lastA.get(stepId)?.status === 'success',
    )
    return both.length > MOST_OUTPUTS ? [] : both.map(({ stepId }) => stepId)
  }, [lastA, lastB])
  const of = (run: Run) => (run.items.total === 1 ? {} : { item })
  return useQueries({
    queries: ids.flatMap((id) => [queries.step(a.runId, id, of(a)), queries.step(b.runId, id, of(b))]),
    combine: (results) => {
      const same = new Map<string, boolean>()
      ids.forEach((id, i) => {
        const [x, y] = [results[2 * i]?.data, results[2 * i + 1]?.data]
        if (x && y) same.set(id, JSON.stringify(x.output) === JSON.stringify(y.output))
      })
      return same
    },
  })
}

function nodesOf(all: readonly Compared[], graph: RunGraph | undefined): ReadonlyMap<string, GraphNode> {
  const nodes = new Map<string, GraphNode>()
  for (const { id, a, b, differs, why } of all) {
    if (!graph?.shapeOf.has(id)) continue
    const [before, after] = [a?.status ?? 'pending', b?.status ?? 'pending']
    const [x, y] = [lastedOf(a), lastedOf(b)]
    nodes.set(id, {
      id,
      status: after,
      before,
      recovered: b?.recovered !== undefined,
      detail:
        before !== after
          ? `${before} to ${after}`
          : x === undefined || y === undefined
            ? ''
            : `${durationText(x)} to ${durationText(y)}`,
      description: differs ? `differs: ${why}` : 'equal',
    })
  }
  return nodes
}

function columnsOf(select: (step: string) => void): Column<Compared>[] {
  const lasted = (row: StepRow | undefined) => {
    const ms = lastedOf(row)
    return ms === undefined ? null : durationText(ms)
  }
  return [
    {
      name: 'Step',
      cell: ({ id }) => (
        <button type="button" className="as-text cut" onClick={() => select(id)}>
          {id}
        </button>
      ),
    },
    { name: 'A', width: '112px', cell: ({ a }) => (a ? <Status status={a.status} /> : null) },
    { name: 'B', width: '112px', cell: ({ b }) => (b ? <Status status={b.status} /> : null) },
    { name: 'A ran', width: '80px', isRight: true, isExtra: true, cell: ({ a }) => lasted(a) },
    { name: 'B ran', width: '80px', isRight: true, isExtra: true, cell: ({ b }) => lasted(b) },
    {
      name: 'B \u2212 A',
      width: '88px',
      isRight: true,
      isExtra: true,
      cell: ({ longer }) => (longer === undefined || longer === 0 ? null : longerText(longer)),
    },
    { name: 'Why', isExtra: true, cell: ({ why }) => <span className="ink-2">{why}</span> },
  ]
}
