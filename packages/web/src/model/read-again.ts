// What the page shows is read again when it may have changed. What is being read at that moment may have been read before the
// change: it is read once more when it has come, and never given up, since under a stream of changes it would never come.

import type { InvalidateQueryFilters, Query, QueryClient } from '@tanstack/react-query'

/** What is shown is read now, the rest when it is shown. */
export function readerOf(cache: QueryClient): (which?: InvalidateQueryFilters) => void {
  const once = new Set<string>()
  const read = (which: InvalidateQueryFilters) => void cache.invalidateQueries(which, { cancelRefetch: false })
  onCome(cache, ({ queryHash, queryKey }) => {
    if (!once.delete(queryHash)) return
    // Not yet: whoever waits for this answer is told of it first.
    queueMicrotask(() => read({ queryKey, exact: true }))
  })
  return (which = {}) => {
    for (const { queryHash } of cache.getQueryCache().findAll({ ...which, fetchStatus: 'fetching' }))
      once.add(queryHash)
    read(which)
  }
}

/** Told of all that was asked for when its answer has come, or an error; not of what was put into the cache. */
export function onCome(cache: QueryClient, listener: (query: Query, came: 'answer' | 'error') => void): void {
  cache.getQueryCache().subscribe((event) => {
    if (event.type !== 'updated') return
    const { action, query } = event
    if (action.type === 'error') listener(query, 'error')
    else if (action.type === 'success' && action.manual !== true) listener(query, 'answer')
  })
}
