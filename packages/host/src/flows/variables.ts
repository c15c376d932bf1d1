// The variables of a run: those that a flow does not have, and those that the environment has for it.

import { type Diagnostic, isRecord, own, type Plan, setOwn, suggest, walk } from '@stepflow/engine'
import type { Env } from '../config/substitute.ts'

/** A flow that says which variables it has reads no other: a name that is not among them is a misspelt one. */
export function unknownVariables(given: Readonly<Record<string, unknown>>, plan: Plan): Diagnostic[] {
  const properties = own(plan.schemas?.variables, 'properties')
  if (!isRecord(properties)) return []
  const names = Object.keys(properties)
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(properties, name))
  return unknown.map((name) => {
    const near = suggest(name, names)
    const more = near ? `. Did you mean "${near}"?` : names.length > 0 ? `; there are: ${names.join(', ')}` : ''
    return { code: 'UNKNOWN_VARIABLE', level: 'warning', message: `the flow has no variable "${name}"${more}` }
  })
}

/** Adds those that the flow has or reads and that are missing: from its `env_var`, else from `STEPFLOW_VAR_NAME`. */
export function addVariablesFrom(env: Env, given: Record<string, unknown>, plan: Plan): void {
  const schema = plan.schemas?.variables
  const properties = own(schema, 'properties')
  const names = new Set(isRecord(properties) ? Object.keys(properties) : [])
  addNamesRead(plan.steps, names)
  for (const name of names) {
    if (Object.hasOwn(given, name)) continue
    const property = own(properties, name)
    const wanted = own(property, 'env_var')
    const text = (typeof wanted === 'string' ? env[wanted] : undefined) ?? env[`STEPFLOW_VAR_${name.toUpperCase()}`]
    if (text !== undefined) setOwn(given, name, fromText(text, own(property, 'type')))
  }
}

// ---

function addNamesRead(steps: Plan['steps'], names: Set<string>) {
  for (const step of steps) {
    for (const expr of [step.input, step.fallback, step.cache?.key]) {
      if (!expr) continue
      walk(expr, (e) => {
        if (e.op === 'variable' && e.path !== undefined) {
          const [name] = e.path.replace(/^\$\.?/, '').split(/[.[]/)
          if (name) names.add(name)
        }
        // A step that runs once per element carries the plan of an element in its input.
        if (e.op === 'literal' && step.component === '$core/map') {
          for (const value of [e.value, own(e.value, 'plan')]) {
            const inner = own(value, 'steps')
            if (Array.isArray(inner)) addNamesRead(inner as unknown as Plan['steps'], names) // the compiler wrote it
          }
        }
      })
    }
  }
}

/** JSON if it is some, else the text itself; always the text where the schema asks for text. */
function fromText(text: string, type: unknown): unknown {
  if (type === 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
