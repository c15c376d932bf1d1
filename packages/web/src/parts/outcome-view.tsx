// How an item ended: its result, why it was skipped, or what failed.

import type { ReactElement } from 'react'
import { Value } from './value.tsx'

export interface OutcomeViewProps {
  /** As the API has it. */
  readonly result: unknown
  readonly what: string
  /** Reads all of it, if only its beginning is here. */
  readonly loadAll?: () => void
}

interface Outcome {
  readonly outcome: 'success' | 'skipped' | 'failed'
  readonly result?: unknown
  readonly reason?: string
  readonly error?: { readonly code: string; readonly message: string }
}

export function OutcomeView({ result, what, loadAll }: OutcomeViewProps): ReactElement {
  const { outcome, result: value, reason, error } = result as Outcome
  if (outcome === 'failed' && error?.code === 'CANCELLED') {
    return <p className="ink-2 sentence">{error.message}</p>
  }
  if (outcome === 'failed') {
    return (
      <div className="fault">
        <span className="code">{error?.code}</span>
        <p>{error?.message}</p>
      </div>
    )
  }
  if (outcome === 'skipped') return <p className="ink-3">Skipped{reason ? `: ${reason}` : ''}</p>
  return <Value value={value} what={what} {...(loadAll ? { loadAll } : {})} />
}
