// The options of a run: what is checked of them before it is accepted, and what its journal keeps.

import type { SubmitOptions } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { RunOptions } from '../../journal/events.ts'
import { redactValues } from '../../secrets/redact-shapes.ts'
import { Redactor } from '../../secrets/redactor.ts'
import { whyNoLabel } from '../../store/run-query.ts'
import type { ResultOrder } from './result-stream.ts'

/** What a run's journal keeps of the options it was submitted with. */
export function keptOptions(options: SubmitOptions, variables: Readonly<Record<string, unknown>>): RunOptions {
  const kept: Record<string, unknown> = { variables }
  for (const name of KEPT) if (options[name] !== undefined) kept[name] = options[name]
  return kept
}

const KEPT = [
  ...(['flow', 'flowId', 'flowVersion', 'textId', 'overridesId', 'kind', 'pins', 'request'] as const),
  ...(['labels', 'maxConcurrent', 'origin', 'trigger', 'secrets'] as const),
] satisfies readonly (keyof RunOptions)[]

/** What a run takes over of the options of the one that it repeats. Another request is what began it. */
export function repeatedOptions(options: RunOptions, { flowId }: Pick<RunOptions, 'flowId'>): RunOptions {
  const { request: _, ...repeated } = options
  if (flowId === undefined || flowId === repeated.flowId) return repeated
  // Of another flow, nothing that says which one it was.
  const { flowId: __, flowVersion, textId, overridesId, ...rest } = repeated
  return rest
}

/** How many items may be at work at once; throws INVALID_INPUT for what is no such number. */
export function checkLimit(limit: number | undefined): void {
  if (limit === undefined || (Number.isInteger(limit) && limit >= 1)) return
  throw new FlowError('INVALID_INPUT', `"maxConcurrent" must be a whole number from 1, not ${shown(limit)}`)
}

/** The labels of a new run; throws INVALID_INPUT for one by which it could not be found. */
export function checkLabels(labels: RunOptions['labels'] = {}): void {
  for (const name of Object.keys(labels)) {
    const why = whyNoLabel(name)
    if (why !== undefined) throw new FlowError('INVALID_INPUT', `"labels": ${why}`)
  }
}

/**
 * Labels stand in lists, which know nothing of what is secret in a run: what the run's own schemas mark is taken out before they
 * are written.
 */
export function shownLabels(options: RunOptions, secrets: () => readonly unknown[]): RunOptions {
  const { labels } = options
  return labels ? { ...options, labels: redactValues(labels, Redactor.forFew(secrets())) } : options
}

/** A run's id; throws INVALID_INPUT for one that could not be found again. */
export function checkRunId(id: unknown): void {
  const why = whyNoRunId(id)
  if (why !== undefined) throw new FlowError('INVALID_INPUT', `a run's id ${why}`)
}

/** Why that cannot be the id of a run; undefined if it can. */
export function whyNoRunId(id: unknown): string | undefined {
  if (typeof id !== 'string' || id === '' || /[/\0]/.test(id)) {
    return `must be a text that is not empty, without "/" and NUL, not ${shown(id)}`
  }
  return ADDRESSES.has(id) ? `cannot be "${id}": where a run is asked for by its id, that is something else` : undefined
}

/** How results are ordered; throws INVALID_INPUT. */
export function checkOrder(order: ResultOrder): void {
  if (order === 'input' || order === 'completion') return
  throw new FlowError('INVALID_INPUT', `results come in the order "input" or "completion", not ${shown(order)}`)
}

// ---

/** Where a run is asked for by its id, these lead elsewhere. */
const ADDRESSES: ReadonlySet<string> = new Set(['summary', 'bulk', 'import', 'prune', '.', '..'])

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
