// What a flow says about itself, for commands that show, test or describe it.

import type { Json, Origin } from '@stepflow/engine'
import { lineOf } from '../findings.ts'
import type { CompiledStep } from './compile-step.ts'
import type { Use } from './scope.ts'
import type { ExampleShape, FlowShape, TestShape } from './shape.ts'
import type { Trigger } from './triggers.ts'

export interface FlowInfo {
  readonly name?: string
  readonly description?: string
  readonly version?: string
  readonly metadata?: Json
  readonly inputSchema?: Json
  readonly outputSchema?: Json
  readonly variablesSchema?: Json
  readonly test?: TestShape
  readonly examples: readonly ExampleShape[]
  /** What starts it where a server has it. */
  readonly triggers: readonly Trigger[]
  readonly steps: readonly StepInfo[]
}

export interface StepInfo {
  readonly id: string
  readonly component: string
  /** Why it will run, for a reader. */
  readonly why: string
  readonly origin: Origin
}

export function flowInfo(shape: FlowShape, steps: readonly CompiledStep[], output: ReadonlyMap<string, Use>): FlowInfo {
  const { schemas } = shape
  return {
    ...(shape.name === undefined ? {} : { name: shape.name }),
    ...(shape.description === undefined ? {} : { description: shape.description }),
    ...(shape.version === undefined ? {} : { version: shape.version }),
    ...(shape.metadata === undefined ? {} : { metadata: shape.metadata }),
    ...(schemas.input === undefined ? {} : { inputSchema: schemas.input }),
    ...(schemas.output === undefined ? {} : { outputSchema: schemas.output }),
    ...(schemas.variables === undefined ? {} : { variablesSchema: schemas.variables }),
    ...(shape.test ? { test: shape.test } : {}),
    examples: shape.examples,
    triggers: shape.triggers,
    steps: stepInfos(shape, steps, output),
  }
}

// ---

function stepInfos(shape: FlowShape, steps: readonly CompiledStep[], output: ReadonlyMap<string, Use>): StepInfo[] {
  const users = new Map<string, { readonly by: string; readonly strict: boolean }[]>()
  const note = (of: string, by: string, { strict, place }: Use) => {
    const list = users.get(of) ?? []
    list.push({ by: `${by}${lineOf(place)}`, strict })
    users.set(of, list)
  }
  for (const [id, use] of output) note(id, 'the output', use)
  shape.steps.forEach((step, i) => {
    for (const [id, use] of steps[i]?.uses ?? []) note(id, `step "${step.id}"`, use)
  })
  return shape.steps.map((step) => ({
    id: step.id,
    component: step.component,
    why: why(step.mustExecute, users.get(step.id), shape.output !== undefined),
    origin: { line: step.place.line, column: step.place.column },
  }))
}

function why(
  mustExecute: boolean,
  users: readonly { by: string; strict: boolean }[] | undefined,
  hasOutput: boolean,
): string {
  if (mustExecute) return 'it says "must_execute"'
  if (!users)
    return hasOutput
      ? 'nothing refers to it: it runs for its side effect'
      : 'nothing refers to it: it is part of the output'
  const sure = users.filter((user) => user.strict).map((user) => user.by)
  if (sure.length > 0) return `needed by ${sure.slice(0, 3).join(', ')}${sure.length > 3 ? ', ...' : ''}`
  return `only if a branch that reads it is taken: ${users
    .map((user) => user.by)
    .slice(0, 3)
    .join(', ')}`
}
