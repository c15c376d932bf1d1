// The variables of a run or of an inner flow against the schema of its plan.

import { FlowError } from '../errors.ts'
import { misfit } from '../schema.ts'
import type { LinkedPlan } from './link.ts'

/** The variables with their defaults; throws INVALID_INPUT, with all violations, if they do not fit the schema. */
export function checkedVariables(
  plan: LinkedPlan,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (!plan.checkVariables) return given
  const { value, violations } = plan.checkVariables(given)
  if (violations.length === 0) return value as Record<string, unknown>
  const { code, message, data } = misfit('the variables do', violations)
  throw new FlowError(code, message, data === undefined ? {} : { data })
}
