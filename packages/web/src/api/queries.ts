// What the page reads, by what it is kept under; news of the server makes it read again.

import { FlowError, type JournalEntry } from '@stepflow/engine'
import { infiniteQueryOptions, keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query'
import { client } from './client.ts'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refuses stays refused; what did not reach it is tried again.
      retry: (count, error) => count < 3 && !(FlowError.is(error) && error.code !== 'UNREACHABLE'),
      refetchOnWindowFocus: false,
      // A server on this machine answers also where there is no network.
      networkMode: 'always',
    },
  },
})

export type RunQuery = NonNullable<Parameters<typeof client.listRuns>[0]> & { readonly q?: string }

/** Twice what a window shows. */
const PAGE = 60

/** What belongs to a run is kept below `of-run`, so that it is read again when the run changes. */
export const queries = {
  info: () => queryOptions({ queryKey: ['info'], queryFn: () => client.getInfo(), staleTime: 60_000 }),

  runs: (query: RunQuery) =>
    infiniteQueryOptions({
      queryKey: ['runs', query],
      queryFn: ({ pageParam }) =>
        client.listRuns({ ...query, limit: PAGE, ...(pageParam === '' ? {} : { cursor: pageParam }) }),
      initialPageParam: '',
      getNextPageParam: ({ nextCursor }) => nextCursor,
      placeholderData: keepPreviousData,
    }),

  /** Newer ones than those that are listed. */
  newRuns: (query: RunQuery, since: string) =>
    queryOptions({
      queryKey: ['runs-new', query, since],
      queryFn: () => client.listRuns({ ...query, since, limit: 100 }),
    }),

  summary: ({ limit: _limit, cursor: _cursor, sort: _sort, ...query }: RunQuery) =>
    queryOptions({
      queryKey: ['runs-summary', query],
      queryFn: () => client.getRunsSummary(query),
      placeholderData: keepPreviousData,
    }),

  countOf: (status: NonNullable<RunQuery['status']>) =>
    queryOptions({
      queryKey: ['runs-summary', status],
      queryFn: async () => (await client.listRuns({ status, limit: 1 })).total,
    }),

  someRuns: (text: string) =>
    queryOptions({
      queryKey: ['runs-found', text],
      queryFn: () => client.listRuns({ q: text, limit: 8 } as RunQuery),
      placeholderData: keepPreviousData,
    }),

  run: (runId: string) =>
    queryOptions({ queryKey: ['run', runId], queryFn: ({ signal }) => client.getRun(runId, signal) }),

  steps: (runId: string, item: number | undefined, inside?: string) =>
    queryOptions({
      queryKey: ['of-run', runId, 'steps', item, inside],
      queryFn: () =>
        client.listSteps(runId, {
          ...(item === undefined ? {} : { item }),
          ...(inside === undefined ? {} : { inside }),
        }),
      placeholderData: keepPreviousData,
    }),

  step: (runId: string, step: string, at: { item?: number; visit?: number; inside?: string; element?: number }) =>
    queryOptions({
      queryKey: ['of-run', runId, 'step', step, at],
      queryFn: () => client.getStep(runId, step, at),
      placeholderData: keepPreviousData,
    }),

  /** All that happened in one item, without values. */
  journal: (runId: string, item: number) =>
    queryOptions({
      queryKey: ['journal', runId, item],
      queryFn: async () => {
        const entries: JournalEntry[] = []
        for await (const lines of client.getJournal(runId, { item })) {
          // What the page folds is not of the values that are left out.
          for (const line of lines) entries.push(...(line.entries as unknown as JournalEntry[]))
        }
        return entries
      },
      staleTime: Number.POSITIVE_INFINITY,
    }),

  item: (runId: string, item: number) =>
    queryOptions({ queryKey: ['of-run', runId, 'item', item], queryFn: () => client.getItem(runId, item) }),

  itemStatuses: (runId: string) =>
    queryOptions({ queryKey: ['of-run', runId, 'statuses'], queryFn: () => client.getItemStatuses(runId) }),

  failures: (runId: string) =>
    queryOptions({ queryKey: ['of-run', runId, 'failures'], queryFn: () => client.listFailures(runId) }),

  runFlow: (runId: string) =>
    queryOptions({
      queryKey: ['flow-of-run', runId],
      queryFn: () => client.getRunFlow(runId),
      staleTime: Number.POSITIVE_INFINITY,
    }),

  flows: () => queryOptions({ queryKey: ['flows'], queryFn: () => client.listFlows() }),

  flow: (name: string) => queryOptions({ queryKey: ['flow', name], queryFn: () => client.getFlow(name) }),

  /** One version of it, as a run of it was started. */
  flowOf: (name: string, version: number | undefined) =>
    queryOptions({
      queryKey: ['flow', name, 'version', version],
      queryFn: () => client.getFlow(name, version),
      retry: false,
    }),

  versions: (name: string) =>
    queryOptions({ queryKey: ['flow', name, 'versions'], queryFn: () => client.listVersions(name) }),

  /** It never changes. */
  version: (name: string, version: number) =>
    queryOptions({
      queryKey: ['flow', name, 'version', version, 'text'],
      queryFn: () => client.getVersion(name, version),
      staleTime: Number.POSITIVE_INFINITY,
    }),

  inputs: (name: string) =>
    queryOptions({ queryKey: ['flow', name, 'inputs'], queryFn: () => client.listInputs(name) }),

  runsOf: (name: string) =>
    queryOptions({
      queryKey: ['runs-new', name],
      queryFn: () => client.listRuns({ flow: name, kind: 'all', limit: 10 }),
    }),

  logs: (
    runId: string,
    { item, step, level, q }: { [K in 'step' | 'level' | 'q']?: string | undefined } & { item?: number | undefined },
  ) =>
    infiniteQueryOptions({
      queryKey: ['of-run', runId, 'logs', item, step, level, q],
      queryFn: ({ pageParam }) =>
        client.listLogs(runId, {
          ...(item === undefined ? {} : { item }),
          ...(step === undefined ? {} : { step }),
          ...(level === undefined ? {} : { level: level as 'warning' }),
          ...(q === undefined ? {} : { q }),
          ...(pageParam === '' ? {} : { cursor: pageParam }),
        }),
      initialPageParam: '',
      getNextPageParam: ({ nextCursor }) => nextCursor,
      placeholderData: keepPreviousData,
    }),

  wait: (waitId: string) => queryOptions({ queryKey: ['wait', waitId], queryFn: () => client.getWait(waitId) }),

  schedules: () => queryOptions({ queryKey: ['schedules'], queryFn: () => client.listSchedules() }),

  components: () => queryOptions({ queryKey: ['components'], queryFn: () => client.listComponents() }),

  secrets: () => queryOptions({ queryKey: ['secrets'], queryFn: () => client.listSecrets() }),

  tokens: () => queryOptions({ queryKey: ['tokens'], queryFn: () => client.listTokens() }),

  /** No event reports signs of life; nodes give one every 2 s. */
  nodes: () => queryOptions({ queryKey: ['nodes'], queryFn: () => client.listNodes(), refetchInterval: 2_000 }),

  /** `q`: with this text in them. */
  waits: (q: string | undefined) =>
    infiniteQueryOptions({
      queryKey: ['waits', 'all', q],
      queryFn: ({ pageParam }) =>
        client.listWaits({ ...(q === undefined ? {} : { q }), ...(pageParam === '' ? {} : { cursor: pageParam }) }),
      initialPageParam: '',
      getNextPageParam: ({ nextCursor }) => nextCursor,
      placeholderData: keepPreviousData,
    }),

  /** The last ones that are over. */
  endedWaits: (q: string | undefined) =>
    queryOptions({
      queryKey: ['waits', 'over', q],
      queryFn: () => client.listWaits({ state: 'over', limit: 50, ...(q === undefined ? {} : { q }) }),
      placeholderData: keepPreviousData,
    }),

  countOfWaits: () =>
    queryOptions({
      queryKey: ['waits', 'count'],
      queryFn: async () => (await client.listWaits({ limit: 1 })).total,
    }),

  /** Of a run, or of one item of it. */
  waitsOf: (runId: string, item: number | undefined) =>
    queryOptions({
      queryKey: ['waits', 'of', runId, item],
      queryFn: async () => {
        const { waits } = await client.listWaits({ runId, ...(item === undefined ? {} : { item }) })
        return waits
      },
    }),
}
