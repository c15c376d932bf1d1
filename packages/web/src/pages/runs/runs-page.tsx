// All runs: filtered by words, live, with what one does to several of them.

import type { Run, RunsSummary } from '@stepflow/api'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { lazy, type ReactElement, Suspense, useMemo, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient, type RunQuery } from '../../api/queries.ts'
import { filterOf, hasWord, queryOf, toggled, within } from '../../model/filter.ts'
import { countText, durationText, middleCut, shortId } from '../../model/format.ts'
import { detailOf, durationOf, nameOf, statusOf } from '../../model/run-words.ts'
import { Button, Chip } from '../../parts/button.tsx'
import { Command } from '../../parts/command.tsx'
import { Fault } from '../../parts/fault.tsx'
import { FilterField } from '../../parts/filter-field.tsx'
import { useNextPage } from '../../parts/next-page.ts'
import { type Column, Rows } from '../../parts/rows.tsx'
import { Shape, Status } from '../../parts/status.tsx'
import { exactNow } from '../../parts/ticks.ts'
import { Ago, useNow } from '../../parts/time.tsx'
import { attempt } from '../../parts/toasts.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { LiveMark, useConnection } from '../../shell/live-mark.tsx'
import { useTitle } from '../../shell/title.ts'
import { Histogram } from './histogram.tsx'
import { Start } from './start.tsx'

const NewRun = lazy(() => import('../../shell/new-run.tsx').then((found) => ({ default: found.NewRun })))

export function RunsPage(): ReactElement {
  useTitle('Runs')
  const { q: words = '' } = useSearch({ from: '/runs' })
  const navigate = useNavigate({ from: '/runs' })
  const query = useMemo(() => queryOf(filterOf(words), exactNow()) as RunQuery, [words])
  const found = useInfiniteQuery(queries.runs(query))
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [isNewOpen, setNewOpen] = useState(false)
  const { data: info } = useQuery(queries.info())
  const pages = found.data?.pages
  const runs = useMemo(() => pages?.flatMap((page) => page.runs) ?? [], [pages])
  const newest = runs[0]
  const connection = useConnection()
  const { data: newer } = useQuery({
    ...queries.newRuns(query, newest?.createdAt ?? ''),
    // What came between the list and the stream: of what comes now, the stream tells.
    enabled: newest !== undefined && connection === 'open',
  })
  const { data: summary } = useQuery(queries.summary(query))
  const seen = useMemo(() => new Set(runs.map(({ runId }) => runId)), [runs])
  const unseen = newer?.runs.filter(({ runId }) => !seen.has(runId)) ?? []
  const setWords = (next: string) => void navigate({ search: next === '' ? {} : { q: next } })
  const total = pages?.[0]?.total ?? 0

  const onEnd = useNextPage(found)

  const columns = useMemo(() => columnsOf(chosen, setChosen, runs), [chosen, runs])
  if (words === '' && found.isSuccess && runs.length === 0) return <Start />
  return (
    <>
      <header className="head">
        <h1>Runs</h1>
        <LiveMark />
        <span className="fill" />
        {info === undefined || info.role === 'viewer' ? null : (
          <Button look="primary" onPress={() => setNewOpen(true)}>
            <Plus size={16} />
            New run
          </Button>
        )}
        {isNewOpen ? (
          <Suspense>
            <NewRun name={undefined} onClose={() => setNewOpen(false)} />
          </Suspense>
        ) : null}
      </header>
      <div className="filter-bar">
        <FilterField
          key={words}
          label="Filter runs"
          placeholder="status: flow: label: trigger: since: or text"
          words={words}
          onChange={setWords}
        >
          <kbd>/</kbd>
        </FilterField>
        {CHIPS.map(({ word, name, status }) => (
          <Chip key={word} label={name} isOn={hasWord(words, word)} onChange={() => setWords(toggled(words, word))}>
            {status ? <Shape status={status} /> : null}
            {name}
            {status ? <CountOf status={status} summary={words === '' ? summary : undefined} /> : null}
          </Chip>
        ))}
        <span className="fill" />
        {chosen.size > 0 ? (
          <Selected chosen={chosen} onDone={() => setChosen(new Set())} />
        ) : (
          <span className="small ink-2">
            <b>{total >= MOST_COUNTED ? `${countText(MOST_COUNTED)}+` : countText(total)}</b>{' '}
            {total === 1 ? 'run' : 'runs'}
          </span>
        )}
      </div>
      {summary && summary.total > 0 ? (
        <Histogram summary={summary} onChoose={(since, until) => setWords(within(words, since, until))} />
      ) : null}
      {unseen.length > 0 ? (
        <button
          type="button"
          className="news"
          onClick={() => void queryClient.resetQueries({ queryKey: ['runs', query] })}
        >
          {countText(unseen.length)} new
        </button>
      ) : null}
      {found.isError ? (
        <Fault error={found.error} retry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Outlines rows={12} />
      ) : (
        <Rows
          label="Runs"
          columns={columns}
          rows={runs}
          keyOf={keyOf}
          total={total}
          onEnd={onEnd}
          onOpen={({ runId }) => void navigate({ to: '/runs/$runId', params: { runId }, search: {} })}
          empty={
            <div className="empty">
              <p>No run fits this filter.</p>
              <Button onPress={() => setWords('')}>Show all runs</Button>
              <Command text="stepflow runs list" />
            </div>
          }
        />
      )}
    </>
  )
}

// ---

const MOST_COUNTED = 10_000
/** As many letters of a name as its column holds. */
const MOST_NAME = 28

const CHIPS = [
  { word: 'status:running', name: 'Running', status: 'running' },
  { word: 'status:failed', name: 'Failed', status: 'failed' },
  { word: 'status:waiting', name: 'Waiting', status: 'waiting' },
  { word: 'since:24h', name: '24 h', status: undefined },
] as const

const keyOf = ({ runId }: Run) => runId

interface CountOfProps {
  readonly status: 'running' | 'failed' | 'waiting'
  /** Of all runs, if it is there anyway. */
  readonly summary: RunsSummary | undefined
}

function CountOf({ status, summary }: CountOfProps): ReactElement | null {
  const { q = '' } = useSearch({ from: '/runs' })
  const { data } = useQuery({ ...queries.countOf(status), enabled: q !== '' })
  const count = summary ? summary.buckets.reduce((sum, { counts }) => sum + (counts[status] ?? 0), 0) : data
  return count ? (
    <span className="ink-3" aria-hidden="true">
      {countText(count)}
    </span>
  ) : null
}

function Selected({ chosen, onDone }: { chosen: ReadonlySet<string>; onDone: () => void }): ReactElement {
  const navigate = useNavigate()
  // The one that was begun later is B: ids sort by time.
  const [a, b, ...more] = [...chosen].sort()
  const act = (action: 'cancel' | 'rerun') =>
    attempt(
      async () => {
        const { done, refused } = await client.bulk({ action, ids: [...chosen] })
        onDone()
        await queryClient.invalidateQueries({ queryKey: ['runs'] })
        const [first] = refused
        if (first) throw new Error(`${countText(Number(done))} done, ${refused.length} refused: ${first.detail}`)
      },
      `${action === 'cancel' ? 'Cancelled' : 'Started again'}: ${countText(chosen.size)}`,
    )
  return (
    <div role="toolbar" aria-label="Selected runs" className="row">
      <span className="small ink-2">{countText(chosen.size)} selected</span>
      <Button dense onPress={() => void act('cancel')}>
        Cancel
      </Button>
      <Button dense onPress={() => void act('rerun')}>
        Rerun
      </Button>
      {a !== undefined && b !== undefined && more.length === 0 ? (
        <Button dense onPress={() => void navigate({ to: '/compare/$a/$b', params: { a, b }, search: {} })}>
          Compare
        </Button>
      ) : null}
    </div>
  )
}

function columnsOf(
  chosen: ReadonlySet<string>,
  choose: (chosen: ReadonlySet<string>) => void,
  runs: readonly Run[],
): Column<Run>[] {
  const toggle = (runId: string) => {
    const next = new Set(chosen)
    if (!next.delete(runId)) next.add(runId)
    choose(next)
  }
  const isAll = runs.length > 0 && runs.every(({ runId }) => chosen.has(runId))
  return [
    {
      name: (
        <input
          type="checkbox"
          aria-label="Select all"
          checked={isAll}
          onChange={() => choose(isAll ? new Set() : new Set(runs.map(keyOf)))}
        />
      ),
      width: '40px',
      isExtra: true,
      cell: ({ runId }) => (
        <input
          type="checkbox"
          aria-label={`Select ${runId}`}
          checked={chosen.has(runId)}
          onChange={() => toggle(runId)}
        />
      ),
    },
    { name: 'Status', width: '188px', cell: (run) => <RunStatus run={run} /> },
    {
      name: 'Flow',
      isName: true,
      cell: (run) => <span title={nameOf(run)}>{middleCut(nameOf(run), MOST_NAME)}</span>,
    },
    {
      name: 'Run',
      width: '108px',
      cell: ({ runId }) => (
        <Link to="/runs/$runId" params={{ runId }} search={{}} className="mono ink-2" aria-label={runId}>
          {shortId(runId)}
        </Link>
      ),
    },
    { name: 'Items, labels', isExtra: true, isWide: true, cell: (run) => <ItemsOrLabels run={run} /> },
    {
      name: 'Trigger',
      width: '96px',
      isExtra: true,
      isWide: true,
      cell: ({ trigger }) => <span className="ink-2">{trigger.type}</span>,
    },
    { name: 'Duration', width: '96px', isRight: true, isExtra: true, cell: (run) => <Duration run={run} /> },
    {
      name: 'Started',
      width: '112px',
      isRight: true,
      cell: ({ createdAt }) => (
        <span className="ink-2">
          <Ago at={createdAt} />
        </span>
      ),
    },
  ]
}

function RunStatus({ run }: { run: Run }): ReactElement {
  return <Status status={statusOf(run)} recovered={Boolean(run.recovered)} detail={detailOf(run)} />
}

function Duration({ run }: { run: Run }): string | null {
  const now = useNow()
  const ms = durationOf(run, now)
  return ms === undefined ? null : durationText(ms)
}

function ItemsOrLabels({ run: { items, labels, status } }: { run: Run }): ReactElement | null {
  if (items.total === 1) {
    const text = Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')
    return text === '' ? null : <span className="small ink-3">{text}</span>
  }
  const ended = items.completed + items.failed + items.cancelled
  const share = (count: number) => `${items.total ? (100 * count) / items.total : 0}%`
  return (
    <>
      <span
        className={`meter ${status === 'running' ? 'running' : status === 'cancelled' ? 'cancelled' : 'success'}`}
        aria-hidden="true"
      >
        <i style={{ width: share(items.completed) }} />
        {items.failed > 0 ? <i className="failed" style={{ width: share(items.failed) }} /> : null}
      </span>
      <span className="small">
        {countText(ended)}
        <span className="ink-3"> / {items.total === null ? '…' : countText(items.total)}</span>
      </span>
    </>
  )
}
