// The builtin components for typed flows: their paths, with the types of what they take and give. Calls nothing.

import type { Duration } from '../compile/options.ts'

/** A component that every engine has, by its path. */
export type BuiltinComponent<Input, Output> = string & {
  readonly '~types': { readonly input: (input: Input) => void; readonly output: Output }
}

/** What `wait` is given: one of them. */
export interface WaitInput {
  readonly duration?: Duration
  /** A date and time by ISO 8601. */
  readonly until?: string
}

/** What `sleep` is given: how long, and what it hands on. */
export interface SleepInput {
  readonly duration?: Duration
  readonly duration_ms?: number
  readonly passthrough?: unknown
}

/** What `waitForSignal` is given. */
export interface WaitForSignalInput {
  readonly name: string
  /** What is asked: in a few words, in full, and what is shown beside it. */
  readonly title?: string
  readonly description?: string
  readonly context?: unknown
  /** A payload that does not fit is dropped, and the wait goes on. */
  readonly schema?: unknown
  readonly timeout?: Duration
  /** The output if no signal came in time. */
  readonly default?: unknown
}

/** What `http` is given. Of `body`, `text` and `form` at most one. */
export interface HttpInput {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  /** Sent as JSON. */
  readonly body?: unknown
  readonly text?: string
  readonly form?: Readonly<Record<string, unknown>>
  readonly timeout?: Duration
  readonly follow_redirects?: boolean | number
  /** Statuses that are an answer: 200, or "2xx" for a group; else the others are failures. */
  readonly expect?: readonly (number | string)[]
}

/** What `http` answers. */
export interface HttpOutput {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The parsed value if the answer is JSON; else its text. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the service answers
  readonly body: any
}

/** What `loadFile` is given; the path is relative to the current directory, and may not lead out of it. */
export interface LoadFileInput {
  readonly path: string
  readonly format?: 'json' | 'yaml' | 'text'
}

/**
 * Waits for a time or until a time, and holds nothing meanwhile.
 *
 * ```ts
 * const flow = defineFlow('later', {}, ({ step }) => step('pause', wait, { duration: '10ms' }))
 * console.log(Object.keys(await run(flow, null))) // [ 'waited_until' ]
 * ```
 */
export const wait: BuiltinComponent<WaitInput, { readonly waited_until: string }> = builtin('wait')

/**
 * Takes the given time and holds its place meanwhile, so it paces a batch.
 *
 * ```ts
 * const flow = defineFlow('paced', {}, ({ step }) => step('pause', sleep, { duration: '10ms', passthrough: 'next' }))
 * console.log((await run(flow, null)).passthrough) // next
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: whatever it was given
export const sleep: BuiltinComponent<SleepInput, { readonly duration_ms: number; readonly passthrough: any }> =
  builtin('sleep')

/**
 * Waits for a signal, and gives its payload.
 *
 * ```ts
 * const flow = defineFlow('approval', {}, ({ step }) => step('approved', waitForSignal, { name: 'approve' }))
 * const engine = createEngine()
 * const handle = await engine.submit(flow, [null])
 * await engine.signal(handle.id, { name: 'signal', signal: 'approve', payload: { by: 'Ada' } })
 * for await (const { outcome } of handle.results()) console.log(outcome.outcome) // success
 * await engine.close()
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: whatever was sent
export const waitForSignal: BuiltinComponent<WaitForSignalInput, any> = builtin('wait_for_signal')

/**
 * Sends an HTTP request. A status beyond 2xx is a failure, unless `expect` names it.
 *
 * ```ts
 * const flow = defineFlow('fetch', { input: shape<{ id: string }>() }, ({ input, step }) => {
 *   const answer = step('get', http, { url: 'https://api.example.com/users', query: { id: input.id } })
 *   return answer.body
 * })
 * console.log(flow.validate().length) // 0
 * ```
 */
export const http: BuiltinComponent<HttpInput, HttpOutput> = builtin('http')

/**
 * Reads a JSON, YAML or text file.
 *
 * ```ts
 * const flow = defineFlow('settings', {}, ({ step }) => step('read', loadFile, { path: 'package.json' }).data.name)
 * console.log(flow.validate().length) // 0
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: whatever is in the file
export const loadFile: BuiltinComponent<LoadFileInput, { readonly data: any }> = builtin('load_file')

// ---

/** Only its type is more than a text. */
function builtin(name: string) {
  return `/builtin/${name}` as never
}
