// Tests of flows in code: a clock that stands still, components that answer as told, and assertions that show the steps.

import { AssertionError } from 'node:assert'
import { isDeepStrictEqual } from 'node:util'
import { createMemoryStore, isRecord, type JournalEntry, type Outcome, type Plan, systemClock } from '@stepflow/engine'
import type { ManualClock } from '@stepflow/engine/testing'
import { assembleEngine, BuiltinOnDemand } from './assemble-engine.ts'
import { shown, wrong } from './compile/options.ts'
import { type Call, type Fakes, withFakes } from './library/fakes.ts'
import { freeze } from './library/freeze.ts'
import { pluginRouter } from './library/plugin-router.ts'
import { isRunnable, LocalRouter, PROGRAM, type Runnable } from './library/program.ts'
import { shortJson, stepTree } from './library/step-tree.ts'

export { createManualClock, type ManualClock } from '@stepflow/engine/testing'
export type { AnyFn } from './library/component.ts'
export type { Call, Fake, Fakes } from './library/fakes.ts'
export { fake, type RecordedComponent, recorded } from './library/fakes.ts'

/** The expected failure of a run; a field that is left out may have any value. */
export interface ExpectedFailure {
  readonly code?: string
  /** All of the message, or what it must match. */
  readonly message?: string | RegExp
  /** The step that failed first. */
  readonly step?: string
}

/** What a run did, for further questions. */
export interface Ran {
  readonly outcome: Outcome
  /** How the steps ended, as text. */
  readonly tree: string
  /** What each component was asked and what it answered, by its name. */
  readonly calls: Readonly<Record<string, readonly Call[]>>
}

/** A run, and how it is expected to end. */
export interface Expectation<Input, Output> {
  withInput(input: Input): Expectation<Input, Output>
  /** Answers in place of components, by the component's name or by the step's id. */
  withFakes(fakes: Fakes): Expectation<Input, Output>
  /** Time goes on only when the clock is moved; without it, retries follow at once. */
  withClock(clock: ManualClock): Expectation<Input, Output>
  toSucceed(): Promise<Ran>
  toSucceedWith(output: Output): Promise<Ran>
  toFail(): Promise<Ran>
  toFailWith(failure: ExpectedFailure): Promise<Ran>
  toBeSkipped(): Promise<Ran>
}

/**
 * Runs a flow and checks how it ends. Works in every test runner.
 *
 * ```ts
 * const fetchUser = component('fetch_user', {}, async (id: string) => ({ id, name: 'from the network' }))
 * const flow = defineFlow('hello', { input: shape<string>() }, ({ input, step }) => step('user', fetchUser, input).name)
 * const { calls } = await expectRun(flow)
 *   .withInput('u1')
 *   .withFakes({ fetch_user: () => ({ id: 'u1', name: 'Ada' }) })
 *   .toSucceedWith('Ada')
 * console.log(calls.fetch_user?.length) // 1
 * ```
 *
 * @param of a flow or a step function
 * @throws AssertionError, from what begins with `to`, with how each step ended
 */
export function expectRun<Input, Output>(of: Runnable<Input, Output>): Expectation<Input, Output> {
  if (!isRunnable(of)) throw wrong(`expectRun needs a flow or a step function, not ${shown(of)}`)
  return expectation(of, { input: null, fakes: {}, clock: undefined })
}

// ---

interface Setting {
  readonly input: unknown
  readonly fakes: Fakes
  readonly clock: ManualClock | undefined
}

function expectation<I, O>(of: Runnable<I, O>, setting: Setting): Expectation<I, O> {
  const check = async (expected: string, isMet: (outcome: Outcome) => boolean, wanted?: unknown): Promise<Ran> => {
    const ran = await runWith(of, setting)
    if (isMet(ran.outcome)) return ran
    const message = `${of.name} was expected to ${expected}, but it ${told(ran.outcome)}\n\n${ran.tree}\n`
    const actual = ran.outcome.outcome === 'success' ? ran.outcome.result : ran.outcome
    throw new AssertionError({ message, actual, expected: wanted, operator: 'expectRun' })
  }
  return {
    withInput: (input) => expectation(of, { ...setting, input }),
    withFakes: (fakes) => expectation(of, { ...setting, fakes: { ...setting.fakes, ...fakes } }),
    withClock: (clock) => expectation(of, { ...setting, clock }),
    toSucceed: () => check('succeed', ({ outcome }) => outcome === 'success'),
    toSucceedWith: (output) =>
      check(
        `succeed with ${shortJson(output)}`,
        (ended) => ended.outcome === 'success' && isDeepStrictEqual(plain(ended.result), plain(output)),
        output,
      ),
    toFail: () => check('fail', ({ outcome }) => outcome === 'failed'),
    toFailWith: (failure) =>
      check(
        `fail with ${wordsOf(failure)}`,
        (ended) => ended.outcome === 'failed' && fits(ended.error, failure),
        failure,
      ),
    toBeSkipped: () => check('be skipped', ({ outcome }) => outcome === 'skipped'),
  }
}

async function runWith(of: Runnable<never>, { input, fakes, clock }: Setting): Promise<Ran> {
  const { program, calls } = withFakes(of[PROGRAM], fakes)
  const time = clock ?? systemClock
  const builtin = new BuiltinOnDemand(time)
  const router = new LocalRouter(
    pluginRouter([], () => builtin.plugin),
    freeze,
  )
  router.add(program)
  const plan = clock ? program.plan : (withoutDelays(program.plan) as Plan) // the same but for delays
  const engine = assembleEngine({ store: createMemoryStore({ clock: time }), router, clock: time, log: () => {} })
  await builtin.loadFor(plan)
  const entries: JournalEntry[] = []
  const handle = await engine.submit(plan, [input], {
    redact: false,
    watch: (more) => {
      for (const entry of more) entries.push(entry)
    },
  })
  for await (const { outcome } of handle.results()) {
    await handle.ended
    return { outcome, calls, tree: stepTree(plan, entries) }
  }
  throw wrong(`${of.name} ended without a result`)
}

/** The plan, and those inside it, with retries that follow at once. */
function withoutDelays(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDelays)
  if (!isRecord(value)) return value
  const entries = Object.entries(value).map(([key, one]) => {
    if (key === 'retry' && isRecord(one) && 'delayMs' in one) return [key, { ...one, delayMs: 0 }]
    return [key, withoutDelays(one)]
  })
  return Object.fromEntries(entries)
}

/** Without what only its class tells of an object: results are compared by what they hold. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]))
}

function told(outcome: Outcome): string {
  switch (outcome.outcome) {
    case 'success':
      return `succeeded with ${shortJson(outcome.result)}`
    case 'skipped':
      return `was skipped: ${outcome.reason}`
    case 'failed':
      return `failed with ${wordsOf(outcome.error)}`
  }
}

function wordsOf({ code, message, step }: ExpectedFailure): string {
  const parts = [code, message === undefined ? undefined : String(message), step && `in step "${step}"`]
  return parts.filter(Boolean).join(' ') || 'any error'
}

function fits(
  error: { code: string; message: string; step?: string },
  { code, message, step }: ExpectedFailure,
): boolean {
  if (code !== undefined && error.code !== code) return false
  if (step !== undefined && error.step !== step) return false
  if (message === undefined) return true
  return typeof message === 'string' ? error.message === message : message.test(error.message)
}
