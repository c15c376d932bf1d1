// What an address leads to: it, that it is not there, why it could not be read, or outlines until it comes.

import { FlowError } from '@stepflow/engine'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactElement, ReactNode } from 'react'
import { Fault } from '../parts/fault.tsx'
import { Outlines } from '../parts/waiting.tsx'
import { NotFound } from './not-found.tsx'

export interface FoundProps<Data> {
  readonly query: UseQueryResult<Data>
  /** What was asked for. */
  readonly what: string
  readonly children: (data: Data) => ReactNode
}

export function Found<Data>({ query, what, children }: FoundProps<Data>): ReactElement {
  const { data, error, refetch } = query
  if (data !== undefined) return <>{children(data)}</>
  if (FlowError.is(error) && error.code === 'NOT_FOUND') return <NotFound what={what} />
  return (
    <>
      <header className="head">
        <h1 className="cut">{what}</h1>
      </header>
      {error ? <Fault error={error} retry={() => void refetch()} /> : <Outlines rows={10} />}
    </>
  )
}
