// What the server tells, put into what the page has read: a run that changed is changed in every list that shows it.

import type { Run, RunList } from '@stepflow/api'
import type { InfiniteData, QueryClient } from '@tanstack/react-query'
import type { EventHub } from '../api/events.ts'
import { isOver } from './run-words.ts'

/** Logs are read again as often, however fast they are written. */
const LOGS_EVERY_MS = 500

/** Applied once a frame, however many events come. */
export function followNews(events: EventHub, cache: QueryClient): void {
  const changed = new Map<string, Run>()
  const items = new Map<string, [number, number][]>()
  const logged = new Set<string>()
  let areLogsAsked = false
  const readLogs = () => {
    areLogsAsked = false
    for (const runId of logged) {
      // The log of the run, and of the step that is open.
      for (const kept of ['logs', 'step']) void cache.invalidateQueries({ queryKey: ['of-run', runId, kept] })
    }
    logged.clear()
  }
  const stale = new Set<string>()
  let isAsked = false
  const apply = () => {
    isAsked = false
    for (const [runId, run] of changed) {
      cache.setQueryData(['run', runId], run)
      void cache.invalidateQueries({
        queryKey: ['of-run', runId],
        // They are told of one by one; at its end they are read once more.
        predicate: ({ queryKey, state }) => queryKey[2] !== 'statuses' || isOver(run) || !fits(state.data, run),
      })
    }
    for (const [runId, changes] of items) {
      cache.setQueryData<Uint8Array>(['of-run', runId, 'statuses'], (bytes) => bytes && withItems(bytes, changes))
    }
    items.clear()
    if (changed.size > 0) {
      cache.setQueriesData<InfiniteData<RunList>>({ queryKey: ['runs'] }, (pages) => pages && withRuns(pages, changed))
      stale.add('runs-summary').add('waits')
      if ([...changed.keys()].some((id) => !isListed(cache, id))) stale.add('runs-new')
    }
    for (const key of stale) void cache.invalidateQueries({ queryKey: [key] })
    changed.clear()
    stale.clear()
  }
  events.listen((name, data) => {
    if (name === 'run') changed.set((data as Run).runId, data as Run)
    else if (name === 'items') {
      const { runId, items: changes } = data as { runId: string; items: [number, number][] }
      const known = items.get(runId)
      if (known) for (const change of changes) known.push(change)
      else items.set(runId, [...changes])
    } else if (name === 'wait') stale.add('waits').add('wait')
    else if (name === 'flow') stale.add('flows').add('flow').add('schedules')
    else if (name === 'log') {
      logged.add((data as { runId: string }).runId)
      if (!areLogsAsked) setTimeout(readLogs, LOGS_EVERY_MS)
      areLogsAsked = true
      return
    }
    if (isAsked) return
    isAsked = true
    requestAnimationFrame(apply)
  })
  events.onReset(() => void cache.invalidateQueries())
}

// ---

function fits(statuses: unknown, { items: { total } }: Run): boolean {
  return statuses instanceof Uint8Array && statuses.length === total
}

function withItems(statuses: Uint8Array, changes: readonly (readonly [number, number])[]): Uint8Array {
  const next = statuses.slice()
  for (const [item, status] of changes) if (item < next.length) next[item] = status
  return next
}

function withRuns(data: InfiniteData<RunList>, changed: ReadonlyMap<string, Run>): InfiniteData<RunList> {
  if (!data.pages.some(({ runs }) => runs.some(({ runId }) => changed.has(runId)))) return data
  const pages = data.pages.map((page) => ({ ...page, runs: page.runs.map((run) => changed.get(run.runId) ?? run) }))
  return { ...data, pages }
}

function isListed(cache: QueryClient, runId: string): boolean {
  return cache
    .getQueriesData<InfiniteData<RunList>>({ queryKey: ['runs'] })
    .some(([, data]) => data?.pages.some(({ runs }) => runs.some((run) => run.runId === runId)))
}
