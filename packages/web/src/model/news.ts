// What the server tells, put into what the page has read: a run that changed is changed in every list that shows it.

import type { Run, RunList } from '@stepflow/api'
import type { InfiniteData, QueryClient } from '@tanstack/react-query'
import type { EventHub } from '../api/events.ts'

/** Applied once a frame, however many events come. */
export function followNews(events: EventHub, cache: QueryClient): void {
  const changed = new Map<string, Run>()
  const stale = new Set<string>()
  let isAsked = false
  const apply = () => {
    isAsked = false
    for (const [runId, run] of changed) {
      cache.setQueryData(['run', runId], run)
      void cache.invalidateQueries({ queryKey: ['of-run', runId] })
    }
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
    else if (name === 'wait') stale.add('waits')
    else if (name === 'flow') stale.add('flows').add('flow').add('schedules')
    if (isAsked) return
    isAsked = true
    requestAnimationFrame(apply)
  })
  events.onReset(() => void cache.invalidateQueries())
}

// ---

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
