// The next page of a list that comes page by page: asked for when the end of what is there comes into sight.

import { useCallback } from 'react'

export interface PagedQuery {
  readonly fetchNextPage: () => unknown
  readonly hasNextPage: boolean
  readonly isFetchingNextPage: boolean
}

/** What asks for it, once at a time; another function only when it would do something else. */
export function useNextPage({ fetchNextPage, hasNextPage, isFetchingNextPage }: PagedQuery): () => void {
  return useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, hasNextPage, isFetchingNextPage])
}
