// Entries of a journal as the event stream has them: what happened, without the values. These are read where they are.

import type { ErrorValue, JournalEntry, Outcome } from '@stepflow/engine'

export function withoutValues(entry: JournalEntry): object {
  switch (entry.type) {
    case 'created': {
      const { inputs, plan: _, options: __, ...rest } = entry
      return { ...rest, items: inputs.length }
    }
    case 'parked': {
      const { state: _, turn: __, form, error, ...rest } = entry
      const asks = form?.title === undefined ? {} : { form: { title: form.title } }
      return { ...rest, ...asks, ...(error ? { error: bare(error) } : {}) }
    }
    case 'settled': {
      const { outcome, recovered, cache: _, ...rest } = entry
      return { ...rest, outcome: bareOutcome(outcome), ...(recovered ? { recovered: bare(recovered) } : {}) }
    }
    case 'opened': {
      const { plan: _, ...rest } = entry
      return rest
    }
    case 'finished':
      return { ...entry, outcome: bareOutcome(entry.outcome) }
    case 'signalled': {
      const { payload: _, ...rest } = entry
      return rest
    }
    default:
      return entry
  }
}

// ---

function bareOutcome(outcome: Outcome): object {
  if (outcome.outcome === 'success') return { outcome: 'success' }
  if (outcome.outcome === 'failed') return { outcome: 'failed', error: bare(outcome.error) }
  return { outcome: 'skipped', reason: outcome.reason }
}

function bare({ data: _, ...error }: ErrorValue): object {
  return error
}
