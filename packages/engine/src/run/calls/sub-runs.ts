// The runs that steps wait for: opened when their plans can be run, closed when all their items have ended.

import type { ParkedRun } from '../../component/plugin.ts'
import { isPromise, isRecord, type MaybePromise, own } from '../../json.ts'
import { checkedVariables } from '../check-variables.ts'
import { ActiveRun } from '../in-flight/active-run.ts'
import type { Attempt, CallFacts } from '../in-flight/attempt.ts'
import { rootItem } from '../in-flight/attempt-place.ts'
import type { Drive } from '../in-flight/drive.ts'
import type { LinkedPlan } from '../link.ts'
import { recordOpening } from './record-call.ts'

const ITEMS_AT_ONCE = 64

/** Opens the sub-run that a parked attempt waits for. Throws or rejects if its plan cannot be run. */
export function openSubRun(drive: Drive, attempt: Attempt, options: ParkedRun): MaybePromise<void> {
  const linked = drive.tools.link(options.plan)
  if (!isPromise(linked)) return open(drive, attempt, options, linked)
  return linked.then((plan) => {
    if (attempt.isLive) open(drive, attempt, options, plan)
    drive.poke()
  })
}

/** Takes a sub-run away whose items have all ended. Answers the attempt that waits for it. */
export function closeSubRun(drive: Drive, child: ActiveRun): Attempt {
  const { attempt } = child.parent as NonNullable<ActiveRun['parent']>
  child.isDropped = true
  drive.subRuns.delete(child.key)
  return attempt
}

// ---

function open(drive: Drive, attempt: Attempt, options: ParkedRun, plan: LinkedPlan): void {
  const { facts } = attempt
  const child = new ActiveRun({
    key: attempt.nextSubRunKey(),
    plan,
    facts: innerFacts(facts, innerVariables(plan, options.variables ?? facts.variables), loopOf(attempt)),
    inputs: options.inputs,
    from: 0,
    limit: options.maxConcurrent ?? ITEMS_AT_ONCE,
    records: drive.records,
    parent: { attempt, options },
  })
  child.outcomes.length = options.inputs.length
  const secrets = drive.keepSecrets(rootItem(attempt), child)
  if (attempt.park) attempt.park.child = child
  drive.subRuns.set(child.key, child)
  recordOpening(drive, attempt, child, secrets)
  drive.touch(child)
}

/** Field by field: those of a run that is kept nowhere make its id when they are asked for it. */
function innerFacts(
  { id, secret, secrets = [], local, services }: CallFacts,
  variables: CallFacts['variables'],
  loop: CallFacts['loop'],
): CallFacts {
  return { id, variables, secret, secrets, local, services, loop }
}

function loopOf({ run: { plan }, step }: Attempt): CallFacts['loop'] {
  return plan.plan.steps[step]?.component === '$core/map' ? { plan: plan.plan, step } : undefined
}

/** Those around it, checked and filled in by its own schema as far as that names them. */
function innerVariables(
  plan: LinkedPlan,
  around: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (!plan.checkVariables) return around
  const named = own(plan.plan.schemas?.variables, 'properties')
  if (!isRecord(named)) return checkedVariables(plan, around)
  const mine = Object.fromEntries(Object.entries(around).filter(([name]) => Object.hasOwn(named, name)))
  return { ...around, ...checkedVariables(plan, mine) }
}
