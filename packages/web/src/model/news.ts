// What the server tells, put into what the page has read: a run that changed is changed in every list that shows it.
//
// N1  Of a run the last news counts, also over an answer that comes after it: the answer may be older, and if it is not, more news
//     follows. After a reset none follows of what was missed: then the answer counts.

import type { Run, RunList } from '@stepflow/api'
import type { InfiniteData, Query, QueryClient, QueryKey } from '@tanstack/react-query'
import { onCome, readerOf } from './read-again.ts'
import { isOver } from './run-words.ts'

/** Logs are read again as often, however fast they are written. */
const LOGS_EVERY_MS = 500

/** Who tells what happens. */
export interface NewsSource {
  listen(listener: (name: string, data: unknown) => void): unknown
  onReset(listener: () => void): unknown
}

/** Applied once a frame, however many events come; `onFrame` calls back in the next one. */
export function followNews(events: NewsSource, cache: QueryClient, onFrame: (apply: () => void) => unknown): void {
  const readAgain = readerOf(cache)
  const told = new Told(cache)
  let news: News = newNews()
  const logged = new Set<string>()
  let areLogsAsked = false
  const readLogs = () => {
    areLogsAsked = false
    for (const runId of logged) {
      // The log of the run, and of the step that is open.
      for (const kept of ['logs', 'step']) readAgain({ queryKey: ['of-run', runId, kept] })
    }
    logged.clear()
  }
  const stale = new Set<string>()
  let isAsked = false
  const apply = () => {
    isAsked = false
    const { runs } = news
    told.put(news)
    news = newNews()
    for (const [runId, run] of runs) {
      readAgain({
        queryKey: ['of-run', runId],
        // They are told of one by one; at its end they are read once more.
        predicate: ({ queryKey, state }) => queryKey[2] !== 'statuses' || isOver(run) || !fits(state.data, run),
      })
    }
    if (runs.size > 0) {
      stale.add('runs-summary')
      if ([...runs.keys()].some((id) => !isListed(cache, id))) {
        stale.add('runs-new')
        // Where there are none nothing moves if there are some.
        readAgain({ queryKey: ['runs'], predicate: ({ state }) => isEmpty(state.data) })
      }
    }
    for (const key of stale) readAgain({ queryKey: [key] })
    stale.clear()
  }
  events.listen((name, data) => {
    if (name === 'run') news.runs.set((data as Run).runId, data as Run)
    else if (name === 'items') {
      const { runId, items: changes } = data as { runId: string; items: [number, number][] }
      addItems(news, runId, changes)
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
    onFrame(apply)
  })
  events.onReset(() => {
    news = newNews()
    told.forget()
    readAgain()
  })
}

// ---

interface News {
  readonly runs: Map<string, Run>
  /** By run, then by number: the byte of its status. */
  readonly items: Map<string, Map<number, number>>
}

function newNews(): News {
  return { runs: new Map(), items: new Map() }
}

function addItems({ items }: News, runId: string, changes: Iterable<readonly [number, number]>): void {
  const known = items.get(runId) ?? new Map<number, number>()
  items.set(runId, known)
  for (const [item, status] of changes) known.set(item, status)
}

/** Puts news into what is kept, and once more into what is being read by then. */
class Told {
  readonly #cache: QueryClient
  #late = newNews()

  constructor(cache: QueryClient) {
    this.#cache = cache
    onCome(cache, (query, came) => {
      if (!isTold(query)) return
      if (came === 'answer') putInto(cache, query.queryKey, this.#late)
      if (!this.#isReading()) this.forget()
    })
  }

  put(news: News): void {
    const cache = this.#cache
    for (const runId of news.runs.keys()) putInto(cache, ['run', runId], news)
    for (const runId of news.items.keys()) putInto(cache, ['of-run', runId, 'statuses'], news)
    if (news.runs.size > 0) {
      for (const { queryKey } of cache.getQueryCache().findAll({ queryKey: ['runs'] })) putInto(cache, queryKey, news)
    }
    if (!this.#isReading()) return
    for (const [runId, run] of news.runs) this.#late.runs.set(runId, run)
    for (const [runId, items] of news.items) addItems(this.#late, runId, items)
  }

  forget(): void {
    this.#late = newNews()
  }

  #isReading(): boolean {
    return this.#cache.getQueryCache().findAll({ fetchStatus: 'fetching', predicate: isTold }).length > 0
  }
}

/** What news is put into, in place of reading it again. */
function isTold({ queryKey: [first, , third] }: Pick<Query, 'queryKey'>): boolean {
  return first === 'runs' || first === 'run' || (first === 'of-run' && third === 'statuses')
}

function putInto(cache: QueryClient, queryKey: QueryKey, { runs, items }: News): void {
  const [first, runId] = queryKey
  if (first === 'runs') {
    cache.setQueryData<InfiniteData<RunList>>(queryKey, (pages) => pages && withRuns(pages, runs))
  } else if (first === 'run') {
    const run = runs.get(runId as string)
    if (run) cache.setQueryData<Run>(queryKey, (known) => known && run)
  } else {
    const changes = items.get(runId as string)
    if (changes) cache.setQueryData<Uint8Array>(queryKey, (bytes) => bytes && withItems(bytes, changes))
  }
}

function fits(statuses: unknown, { items: { total } }: Run): boolean {
  return statuses instanceof Uint8Array && statuses.length === total
}

function withItems(statuses: Uint8Array, changes: ReadonlyMap<number, number>): Uint8Array {
  const next = statuses.slice()
  for (const [item, status] of changes) if (item < next.length) next[item] = status
  return next
}

function withRuns(data: InfiniteData<RunList>, changed: ReadonlyMap<string, Run>): InfiniteData<RunList> {
  if (!data.pages.some(({ runs }) => runs.some(({ runId }) => changed.has(runId)))) return data
  const pages = data.pages.map((page) => ({ ...page, runs: page.runs.map((run) => changed.get(run.runId) ?? run) }))
  return { ...data, pages }
}

function isEmpty(list: unknown): boolean {
  return (list as InfiniteData<RunList> | undefined)?.pages[0]?.runs.length === 0
}

function isListed(cache: QueryClient, runId: string): boolean {
  return cache
    .getQueriesData<InfiniteData<RunList>>({ queryKey: ['runs'] })
    .some(([, data]) => data?.pages.some(({ runs }) => runs.some((run) => run.runId === runId)))
}
