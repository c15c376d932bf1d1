// The runs that steps wait for: opened when their plans can be run, closed when all their items have ended.

import type { ParkedRun } from '../../component/plugin.ts'
import { isPromise, isRecord, type MaybePromise, own } from '../../json.ts'
import { checkedVariables } from '../check-variables.ts'
import { ActiveRun } from '../in-flight/active-run.ts'
import type { Attempt } from '../in-flight/attempt.ts'
import { rootItem } from '../in-flight/attempt-place.ts'
import type { Drive } from '../in-flight/drive.ts'
import type { LinkedPlan } from '../link.ts'
import { recordOpening } from './record-call.ts'

const ITEMS_AT_ONCE = 64

/** Opens the sub-run that a parked attempt waits for. Throws or rejects if its plan cannot be run. */
export function openSubRun(drive: Drive, attempt: Attempt, options: ParkedRun): MaybePromise<void> {
  const linked = drive.options.link(options.plan)
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
  const { facts } = attempt.run.state
  const child = new ActiveRun({
    key: attempt.nextSubRunKey(),
    plan,
    facts: { ...facts, variables: innerVariables(plan, options.variables ?? facts.variables) },
    inputs: options.inputs,
    from: 0,
    limit: options.maxConcurrent ?? ITEMS_AT_ONCE,
    records: drive.options.records,
    services: drive.options.services,
    parent: { attempt, options },
  })
  child.outcomes.length = options.inputs.length
  const secrets = drive.keepSecrets(rootItem(attempt), child)
  if (attempt.park) attempt.park.child = child
  drive.subRuns.set(child.key, child)
  recordOpening(drive, attempt, child, secrets)
  drive.touch(child)
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
