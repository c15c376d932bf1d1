// The builtin components that need nothing of Node, and answer at once or park: they run wherever the engine does, also where
// there are neither files nor sockets.

import type { Clock, Component } from '@stepflow/engine'
import { type FunctionFinder, type SchemaLoader, transform, validate } from './check.ts'
import { evalFlow } from './eval.ts'
import { flow } from './flow.ts'
import { iterate } from './iterate.ts'
import { keepingInput } from './keeping-input.ts'
import { map } from './map.ts'
import { output } from './output.ts'
import { createMessages, noop } from './plain.ts'
import { wait, waitForSignal } from './wait.ts'

export interface AnywhereOptions {
  readonly clock: Clock
  /** Finds `transform`. */
  readonly functions: FunctionFinder
  readonly schema: SchemaLoader
}

export function anywhere({ clock, functions, schema }: AnywhereOptions): readonly Component[] {
  return [
    noop,
    createMessages,
    evalFlow,
    map,
    iterate,
    wait(clock),
    waitForSignal(clock, schema),
    validate(schema),
    transform(functions),
    flow,
    output(schema),
  ].map(keepingInput)
}

/** The name of a builtin component as the plugin knows it: `/builtin/wait`, `/builtins/wait` and `/wait` are one. */
export function builtinName(path: string): string {
  return path.replace(/^\/builtins?(?=\/)/, '')
}
