// A plan without secrets: what its author wrote into it may be one. Our own words, ids and paths in it stay.

import { isRecord, type Plan, type Redactor } from '@stepflow/engine'

/** Itself if nothing can be secret. */
export function redactPlan(plan: Plan, redactor: Redactor): Plan {
  return redactor.isEmpty ? plan : (withoutSecrets(plan, redactor) as Plan) // of the same shape
}

// ---

/** Of a transition, what a result is compared with; of a schema, values and what is said of them. */
const VALUES: ReadonlySet<string> = new Set(['equals', 'default', 'const', 'enum', 'examples', 'title', 'description'])

function withoutSecrets(part: unknown, redactor: Redactor): unknown {
  if (Array.isArray(part)) return part.map((one) => withoutSecrets(one, redactor))
  if (!isRecord(part)) return part
  const isLiteral = part.op === 'literal'
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [
      key,
      (isLiteral && key === 'value') || (VALUES.has(key) && !isExpr(value))
        ? literal(value, redactor)
        : withoutSecrets(value, redactor),
    ]),
  )
}

/** A plan inside a step is a literal of its input. */
function literal(value: unknown, redactor: Redactor): unknown {
  if (isPlan(value)) return withoutSecrets(value, redactor)
  if (!isRecord(value) || !isPlan(value.plan)) return redactor.value(value)
  const { plan, ...rest } = value
  return { ...redactor.value(rest), plan: withoutSecrets(plan, redactor) }
}

function isPlan(value: unknown): boolean {
  return isRecord(value) && Array.isArray(value.steps) && typeof value.entry === 'number'
}

/** The default of a reference is one, and of a schema none. */
function isExpr(value: unknown): boolean {
  return isRecord(value) && typeof value.op === 'string'
}
