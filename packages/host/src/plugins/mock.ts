// Recorded answers in place of components, for tests. Answers what was recorded for exactly this input, and nothing else.

import { type Component, type ErrorCode, equalJson, FlowError, type Json, type Plugin, Skip } from '@stepflow/engine'

export interface MockComponent {
  /** With a leading slash. */
  readonly name: string
  readonly inputSchema?: Json
  readonly outputSchema?: Json
  /** The first whose input equals the call's is the answer. */
  readonly behaviors: readonly { readonly input: unknown; readonly behavior: MockBehavior }[]
}

/** An outcome, or the text of a failure of the plugin itself. */
export type MockBehavior =
  | { readonly outcome: 'success'; readonly result: unknown }
  | { readonly outcome: 'skipped'; readonly reason?: string }
  | { readonly outcome: 'failed'; readonly error: RecordedError }
  | { readonly error: string }

export interface RecordedError {
  readonly code?: string | number
  readonly message: string
  readonly data?: Json
}

/** `primaryOf`: the main field of the component that a mock of this name stands for. */
export function createMockPlugin(
  name: string,
  recorded: readonly MockComponent[],
  primaryOf: (component: string) => string | undefined = () => undefined,
): Plugin {
  const components = new Map(recorded.map((mock) => [mock.name, mockComponent(mock, primaryOf(mock.name))]))
  return {
    name,
    components: () => [...components.values()].map((component) => component.info),
    resolve: (component) => components.get(component),
  }
}

/** Our code for an error code of a recording: our own, the older numbers, and the older names. */
export function codeOfRecorded(code: string | number | undefined): string {
  if (code === undefined) return 'COMPONENT_FAILED'
  return RENAMED.get(String(code)) ?? (typeof code === 'number' ? 'COMPONENT_FAILED' : code)
}

// ---

const RENAMED: ReadonlyMap<string, ErrorCode> = new Map([
  ['1', 'EXPRESSION_FAILURE'],
  ['8', 'COMPONENT_FAILED'],
  ['400', 'INVALID_INPUT'],
  ['404', 'NOT_FOUND'],
  ['500', 'UNREACHABLE'],
  ['UNSPECIFIED', 'COMPONENT_FAILED'],
  ['ORCHESTRATOR_ERROR', 'INTERNAL'],
  ['WORKER_ERROR', 'INTERNAL'],
])

function mockComponent(mock: MockComponent, primary: string | undefined): Component {
  return {
    info: {
      name: mock.name,
      repeatable: true,
      keepsInput: true,
      ...(primary === undefined ? {} : { primary }),
      ...(mock.inputSchema === undefined ? {} : { inputSchema: mock.inputSchema }),
      ...(mock.outputSchema === undefined ? {} : { outputSchema: mock.outputSchema }),
    },
    call(input) {
      const known = mock.behaviors.find((recorded) => equalJson(recorded.input, input))
      if (known) return answer(known.behavior)
      // UNREACHABLE is what this failure of the plugin itself is called elsewhere; asking again would not help.
      throw new FlowError('UNREACHABLE', `No behavior defined for ${mock.name} on ${JSON.stringify(input)}`, {
        retryable: false,
      })
    },
  }
}

function answer(behavior: MockBehavior): unknown {
  if (!('outcome' in behavior)) throw new FlowError('UNREACHABLE', behavior.error, { retryable: false })
  if (behavior.outcome === 'success') return behavior.result
  if (behavior.outcome === 'skipped') return new Skip(behavior.reason ?? 'skipped by the recorded answer')
  throw recordedFailure(behavior.error)
}

function recordedFailure(error: RecordedError): FlowError {
  const code = codeOfRecorded(error.code) as ErrorCode // or a component's own, which passes through as it is
  return new FlowError(code, error.message, {
    ...(error.data === undefined ? {} : { data: error.data }),
    // A recording cannot get better: only a step's own `retry` may ask again, the engine's for lost connections may not.
    ...(code === 'UNREACHABLE' ? { retryable: false } : {}),
  })
}
