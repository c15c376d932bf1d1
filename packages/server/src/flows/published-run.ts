// A run as the platform of manifests has it: arguments by name in, the result and what each step answered out.

import { FlowError, isRecord, type JournalEntry, type Outcome, own, type Plan, setOwn, suggest } from '@stepflow/engine'

export interface Arg {
  readonly name: string
  readonly value?: unknown
}

/** The input that the arguments make. Throws INVALID_INPUT for one that is there twice, or that the flow does not take. */
export function inputOf(args: readonly Arg[], plan: Plan): Record<string, unknown> {
  const properties = own(plan.schemas?.input, 'properties')
  const input: Record<string, unknown> = {}
  for (const { name, value } of args) {
    if (Object.hasOwn(input, name)) throw new FlowError('INVALID_INPUT', `the argument "${name}" is given twice`)
    if (isRecord(properties) && !Object.hasOwn(properties, name)) {
      const names = Object.keys(properties)
      const near = suggest(name, names)
      const hint = near ? `did you mean "${near}"?` : `there are: ${names.join(', ') || 'none'}`
      throw new FlowError('INVALID_INPUT', `the flow takes no argument "${name}"; ${hint}`)
    }
    setOwn(input, name, value ?? null)
  }
  return input
}

/** How the run's one item ended, with what its steps answered last. `entries` and `outcome` are redacted. */
export function publishedResult(outcome: Outcome, entries: readonly JournalEntry[], plan: Plan | undefined) {
  const stepOutputs: Record<string, ReturnType<typeof resultOf>> = {}
  for (const entry of entries) {
    if (entry.type !== 'settled' || entry.sub !== undefined) continue
    const step = plan?.steps[entry.step]
    if (step && !step.hidden) setOwn(stepOutputs, step.id, resultOf(entry.outcome, 'skipped'))
  }
  return { ...resultOf(outcome, 'success'), stepOutputs }
}

// ---

/** That all was skipped is no failure. */
function resultOf(outcome: Outcome, skipped: 'success' | 'skipped') {
  if (outcome.outcome === 'success') return { status: 'success', result: outcome.result ?? null }
  if (outcome.outcome === 'skipped') return { status: skipped, result: null }
  const { code, message, step } = outcome.error
  // The platform's programs read `name` and `value`.
  const error = { code, message, name: code, value: message, ...(step === undefined ? {} : { step }) }
  return { status: 'failed', result: null, error }
}
