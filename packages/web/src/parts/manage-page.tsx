// What the pages for managing have in common: a head with one action, and a table of what there is.

import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactElement, ReactNode } from 'react'
import { Fault } from './fault.tsx'
import { Outlines } from './waiting.tsx'

export interface ManagePageProps<Data> {
  readonly title: string
  readonly query: UseQueryResult<Data>
  readonly action?: ReactNode
  readonly children: (data: Data) => ReactNode
}

export function ManagePage<Data>({ title, query, action, children }: ManagePageProps<Data>): ReactElement {
  const { data, error, refetch } = query
  return (
    <>
      <header className="head">
        <h1>{title}</h1>
        <span className="fill" />
        {action}
      </header>
      {data !== undefined ? (
        children(data)
      ) : error ? (
        <Fault error={error} retry={() => void refetch()} />
      ) : (
        <Outlines rows={6} />
      )}
    </>
  )
}
