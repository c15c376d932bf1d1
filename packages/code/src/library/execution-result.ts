// What a successful execution resolves to. It looks like plain data and costs as little: its context is put together only
// when somebody reads or prints it.

import type { Execution } from './execution.ts'

/** What an execution that went well resolves to. */
export interface ExecutionResult<Output = unknown> {
  readonly status: 'COMPLETED'
  /** Of the last step. */
  readonly result: Output
  /** Results and errors by step; of a step function inside, its own context. */
  readonly context: Readonly<Record<string, unknown>>
  /** True if a step failed and its `onFailure` handled it; also one of a step function inside. */
  readonly recovered?: true
  /** The last failure that was handled. */
  readonly error?: unknown
}

export function executionResult<Output>(
  { recovered, root }: Pick<Execution, 'recovered' | 'root'>,
  result: Output,
): ExecutionResult<Output> {
  let context: Record<string, unknown> | undefined
  const made: ExecutionResult<Output> = {
    status: 'COMPLETED',
    result,
    get context() {
      context ??= root.context
      return context
    },
    ...(recovered ? { recovered: true, error: recovered.error } : {}),
  }
  return Object.defineProperty(made, INSPECT, PRINTED)
}

// ---

/** What Node asks for when it prints an object. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom')
const PRINTED: PropertyDescriptor = {
  // Else it would print `[Getter]`.
  value(this: object) {
    return { ...this }
  },
}
