// Our shapes without secrets, field by field: only what users brought or steps made is looked at. Outcomes, codes, ids, times
// and keys are ours, and whoever reads the copy must be able to rely on them.

import type { ErrorValue } from '../errors.ts'
import type { JournalEntry, RunOptions } from '../journal/events.ts'
import type { Plan } from '../plan/plan.ts'
import type { Outcome } from '../run/outcome.ts'
import type { Redactor } from './redactor.ts'

/** What may be seen of an outcome; itself if there is nothing to hide. */
export function redactOutcome(outcome: Outcome, redactor: Redactor): Outcome {
  switch (outcome.outcome) {
    case 'success': {
      const result = redactor.value(outcome.result)
      return Object.is(result, outcome.result) ? outcome : { ...outcome, result }
    }
    case 'skipped': {
      const reason = redactor.text(outcome.reason)
      const cause = outcome.cause && redactError(outcome.cause, redactor)
      if (reason === outcome.reason && cause === outcome.cause) return outcome
      return cause ? { ...outcome, reason, cause } : { ...outcome, reason }
    }
    case 'failed': {
      const error = redactError(outcome.error, redactor)
      return error === outcome.error ? outcome : { ...outcome, error }
    }
  }
}

/** What may be seen of a failure: its code and its step are ours. */
export function redactError(error: ErrorValue, redactor: Redactor): ErrorValue {
  const message = redactor.text(error.message)
  const data = redactor.value(error.data)
  if (message === error.message && Object.is(data, error.data)) return error
  return data === undefined ? { ...error, message } : { ...error, message, data }
}

/** What may be seen of an entry of a journal. What is kept for other runs' calls stays behind. */
export function redactEntry(entry: JournalEntry, redactor: Redactor): JournalEntry {
  switch (entry.type) {
    case 'created': {
      const { options, inputs } = entry
      const copy = { ...entry, inputs: redactor.value(inputs) }
      if (!options) return copy
      const { secrets: _, ...told } = options
      const { variables, labels, pins } = told
      return {
        ...copy,
        ...(entry.plan && { plan: redactPins(entry.plan, pins, redactor) }),
        options: {
          ...told,
          ...(pins && { pins: redactValues(pins, redactor) }),
          ...(variables && { variables: redactValues(variables, redactor) }),
          ...(labels && { labels: redactValues(labels, redactor) }),
        },
      }
    }
    case 'settled': {
      const { cache: _, recovered, ...rest } = entry
      const outcome = redactOutcome(entry.outcome, redactor)
      return recovered ? { ...rest, outcome, recovered: redactError(recovered, redactor) } : { ...rest, outcome }
    }
    case 'opened': {
      const { secrets: _, ...rest } = entry
      return rest
    }
    case 'finished':
      return { ...entry, outcome: redactOutcome(entry.outcome, redactor) }
    case 'parked':
      return redactPark(entry, redactor)
    case 'broken':
    case 'sealed':
      return entry.error ? { ...entry, error: redactError(entry.error, redactor) } : entry
    case 'signalled':
      return entry.payload === undefined ? entry : { ...entry, payload: redactor.value(entry.payload) }
    default:
      return entry
  }
}

/** A plan is its author's text and no secret, but for values that stand in for what steps answered. */
export function redactPins(plan: Plan, pins: RunOptions['pins'], redactor: Redactor): Plan {
  if (!pins || redactor.isEmpty) return plan
  const steps = plan.steps.map((step) => (Object.hasOwn(pins, step.id) ? redactor.value(step) : step))
  return { ...plan, steps }
}

function redactPark(entry: JournalEntry & { type: 'parked' }, redactor: Redactor): JournalEntry {
  const { state, error, form } = entry
  if (state === undefined && !error && !form) return entry
  return {
    ...entry,
    ...(state === undefined ? {} : { state: redactor.value(state) }),
    ...(error ? { error: redactError(error, redactor) } : {}),
    ...(form ? { form: redactor.value(form) } : {}),
  }
}

/** Named values: variables, labels. Their names are the flow's. */
export function redactValues<T>(values: Readonly<Record<string, T>>, redactor: Redactor): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, redactor.value(value)]))
}
