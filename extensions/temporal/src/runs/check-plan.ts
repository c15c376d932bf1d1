// What a plan asks for that a run on Temporal cannot do, said before it begins.

import { type Expr, FlowError, type Plan, type PlanStep, subPlanOf, walk } from '@stepflow/engine'
import { createSchemaLoader } from '@stepflow/schema'

/** `isEncrypted`: every value in a history is. */
export async function checkPlan(plan: Plan, isEncrypted: boolean): Promise<void> {
  for (const [what, schema] of Object.entries(plan.schemas ?? {})) {
    if (isEncrypted || !(await loadSchema(schema)).secretsIn) continue
    throw refused(
      `the ${what} schema${plan.name === '' ? '' : ` of the flow "${plan.name}"`} marks parts as is_secret, which would be in the history: ${KEY}`,
    )
  }
  for (const step of plan.steps) {
    if (step.cache) {
      throw refused(`step "${step.id}" has "cache", which Temporal has no place for: take it out`)
    }
    if (!isEncrypted) for (const expr of [step.input, step.fallback]) if (expr) checkSecrets(expr, step)
    const inside = subPlanOf(step)?.plan
    if (inside) await checkPlan(inside, isEncrypted)
  }
}

// ---

const KEY = 'set STEPFLOW_PAYLOAD_KEY, here and for the workers, so that all values are encrypted'
const loadSchema = createSchemaLoader()

function checkSecrets(expr: Expr, step: PlanStep): void {
  const secret = changedSecret(expr)
  if (secret === undefined) return
  throw refused(
    `step "${step.id}" changes or compares the secret "${secret}", which is in a workflow by reference only: hand it on as it is, or ${KEY}`,
  )
}

/** The name of a secret that something is made of. */
function changedSecret(expr: Expr): string | undefined {
  let found: string | undefined
  walk(expr, (e) => {
    const parts = e.op === 'call' ? e.args : e.op === 'if' ? [e.cond] : []
    for (const part of parts) {
      walk(part, (inner) => {
        if (inner.op === 'secret') found ??= inner.path ?? ''
      })
    }
  })
  return found
}

function refused(message: string): FlowError {
  return new FlowError('INVALID_INPUT', message)
}
