// What a visit of a step read, evaluated again with what its run had; and the plan of what runs inside a step.

import {
  isRecord,
  type JournalEntry,
  type LookBackTools,
  lookBack,
  own,
  type Past,
  type Plan,
  type PlanStep,
  standingOf,
  subPlanOf,
  type VisitReads,
  type VisitRef,
  visitOfPath,
  visitPath,
} from '@stepflow/engine'
import { createSchemaLoader, hideSecrets } from '@stepflow/schema'

/** What the schemas mark as secret is hidden in its place; what else is secret, whoever shows it takes out. */
export async function readsOf(past: Omit<Past, 'shown'>, visit: VisitRef): Promise<VisitReads | undefined> {
  const { input, variables } = past.plan.schemas ?? {}
  const shown = {
    input: input === undefined ? past.input : hideSecrets(input, past.input),
    variables: variables === undefined ? past.variables : hidden(hideSecrets(variables, past.variables)),
  }
  return lookBack({ ...past, shown }, visit, await tools())
}

/** How the steps of an item, or of an element inside it, stand by now. */
export async function standingIn(past: Omit<Past, 'shown'>, element: Pick<VisitRef, 'sub' | 'item'>) {
  return standingOf(past, element, await tools())
}

/** By its key, in the plan around it; undefined if a component made the plan. */
export function planInside(around: Plan | undefined, inside: string): Plan | undefined {
  const step: PlanStep | undefined = around?.steps[visitOfPath(inside).step]
  return step && subPlanOf(step)?.plan
}

/** If it came from a file: as it was then. */
export function planOpened(entries: readonly JournalEntry[], inside: string): Plan | undefined {
  const opened = entries.findLast((entry) => entry.type === 'opened' && entry.plan && visitPath(entry) === inside)
  return opened?.type === 'opened' ? opened.plan : undefined
}

/** The plan of the flow that a step was given: as a value, as its text, or by the id of a blob; undefined for the name of a file. */
export async function planGiven(input: unknown, blob: (id: string) => Promise<unknown>): Promise<Plan | undefined> {
  const ref = own(input, 'workflow') ?? own(input, 'flow') ?? own(input, 'flow_id')
  const isId = typeof ref === 'string' && /^(sha256:)?[0-9a-f]{64}$/i.test(ref)
  const flow = isId ? await blob(ref.toLowerCase()) : ref
  const { compile, compileValue } = await import('@stepflow/dialects')
  if (typeof flow === 'string') return /[\n{]/.test(flow) ? compile(flow).plan : undefined
  return isRecord(flow) ? compileValue(flow).plan : undefined
}

// ---

async function tools(): Promise<LookBackTools> {
  const { functions } = await import('@stepflow/dialects')
  return { functions, schema: createSchemaLoader() }
}

/** All of them may be secret, and stand for nothing then. */
function hidden(variables: unknown): Record<string, unknown> {
  return typeof variables === 'object' ? (variables as Record<string, unknown>) : {}
}
