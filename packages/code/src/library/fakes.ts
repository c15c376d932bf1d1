// Components for tests, in place of a program's own: they give prepared answers, or remember what they were asked.

import {
  type CallContext,
  type Component,
  type Expr,
  errorValue,
  FlowError,
  isPromise,
  isRecord,
  type Plan,
  setOwn,
  suggest,
  walk,
} from '@stepflow/engine'
import { shown, wrong } from '../compile/options.ts'
import { type AnyFn, brandOf, component, type FlowComponent } from './component.ts'
import type { Program } from './program.ts'
import { promised } from './promised.ts'
import { StepView } from './step-context.ts'

/** One call of a component. */
export interface Call {
  readonly input: unknown
  readonly output?: unknown
  readonly error?: { readonly code: string; readonly message: string }
}

/** A function in the component's place, or its answers in order: as recorded, or `{ output }` and `{ error }`. */
export type Fake = AnyFn | readonly Omit<Call, 'input'>[]
/** Fakes by the name of the component, or by the id of the step. */
export type Fakes = Readonly<Record<string, Fake>>

/** A component that remembers its calls. */
export type RecordedComponent<I, O> = FlowComponent<I, O> & { readonly calls: readonly Call[] }

/**
 * A component that gives prepared answers.
 *
 * ```ts
 * const weather = fake('weather', [{ output: 'sun' }, { error: { code: 'UNREACHABLE', message: 'no network' } }])
 * console.log(await weather('Rome')) // sun
 * console.log(await weather('Oslo').catch((error) => error.code)) // UNREACHABLE
 * console.log(weather.calls.length) // 2
 * ```
 *
 * @param name the component's name
 * @param answers a function, or answers in the order of the calls
 * @throws FlowError COMPONENT_FAILED when it is called and has no answer left
 */
// biome-ignore lint/suspicious/noExplicitAny: it stands for components of any type
export function fake(name: string, answers: Fake): RecordedComponent<any, any> {
  return remembering(component(name, {}, answerer(name, answers)))
}

/**
 * The component, remembering what it is asked and what it answers; `calls` can be kept as JSON and given to `fake`.
 *
 * ```ts
 * const double = component('double', {}, (x: number) => x * 2)
 * const live = recorded(double)
 * await live(2)
 * console.log(live.calls) // [ { input: 2, output: 4 } ]
 * const replayed = fake('double', live.calls)
 * console.log(await replayed(2)) // 4
 * ```
 *
 * @param of what `component` gave
 * @throws FlowError INVALID_FLOW for a plain function
 */
export function recorded<I, O>(of: FlowComponent<I, O>): RecordedComponent<I, O> {
  if (!brandOf(of)) throw wrong(`recorded needs a component, not ${shown(of)}`)
  return remembering(of)
}

/** The program with fakes in place of its components, and with an account of all calls by name. */
export function withFakes(of: Program, fakes: Fakes): { program: Program; calls: Record<string, Call[]> } {
  const calls: Record<string, Call[]> = {}
  const names = new Map([...of.components.keys()].map((path) => [path, nameOf(path)]))
  for (const name of Object.keys(fakes)) {
    if ([...names.values()].includes(name) || fakePath(of, name)) continue
    const near = suggest(name, names.values())
    throw wrong(`there is no component "${name}" to be faked${near ? `; did you mean "${near}"?` : ''}`)
  }
  const components = new Map<string, Component>()
  for (const [path, known] of of.components) {
    const name = names.get(path) as string // there is one for each
    const answers = Object.hasOwn(fakes, name) ? fakes[name] : undefined
    // One account of all functions of that name: flows inside may have steps of the same id.
    const list = Object.hasOwn(calls, name) ? (calls[name] as Call[]) : []
    setOwn(calls, name, list)
    const call = answers ? contextual(answerer(name, answers)) : known.call
    components.set(path, { info: known.info, call: noting(call, list) })
  }
  for (const [name, answers] of Object.entries(fakes)) {
    const path = fakePath(of, name)
    if (!path || components.has(path)) continue
    const list: Call[] = []
    calls[name] = list
    components.set(path, { info: { name: path }, call: noting(contextual(answerer(name, answers)), list) })
  }
  return { program: { ...of, components }, calls }
}

// ---

/** The last part of a path: the component's name, or the step's. */
function nameOf(path: string): string {
  return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
}

/** Components that the program does not bring itself are faked by their path. */
function fakePath({ plan }: Program, name: string): string | undefined {
  return isCalledIn(plan, name) ? name : undefined
}

function isCalledIn({ steps }: Plan, path: string): boolean {
  return steps.some(
    ({ component, input }) => component === path || plansIn(input).some((plan) => isCalledIn(plan, path)),
  )
}

/** What a step runs that is a flow, or a forEach. */
function plansIn(input: Expr): Plan[] {
  const found: Plan[] = []
  walk(input, (expr) => {
    if (expr.op !== 'object') return
    for (const [key, value] of expr.of) {
      if (key === 'plan' && value.op === 'literal' && isRecord(value.value) && 'entry' in value.value) {
        found.push(value.value as unknown as Plan) // a plan is JSON, though its type does not say so
      }
    }
  })
  return found
}

function contextual(fn: AnyFn): Component['call'] {
  return (input, context: CallContext) => fn(input, new StepView(context))
}

function answerer(name: string, answers: Fake): AnyFn {
  if (typeof answers === 'function') return answers
  if (!Array.isArray(answers)) throw wrong(`the fake of "${name}" must be a function or a list of answers`)
  let next = 0
  return () => {
    const answer = answers[next++] as Omit<Call, 'input'> | undefined
    if (!answer) {
      throw new FlowError(
        'COMPONENT_FAILED',
        `the fake "${name}" has ${answers.length} answers, and was asked once more`,
      )
    }
    if (!isRecord(answer.error)) return answer.output
    throw new FlowError(answer.error.code as FlowError['code'], answer.error.message) // or a component's own code
  }
}

function noting(call: Component['call'], calls: Call[]): Component['call'] {
  return (input, context) => note(() => call(input, context), input, calls)
}

function remembering<I, O>(of: FlowComponent<I, O>): RecordedComponent<I, O> {
  const calls: Call[] = []
  const brand = brandOf(of) as NonNullable<ReturnType<typeof brandOf>> // it is a component
  const made = component(brand.name, {}, ((input: unknown, context: StepView) =>
    note(
      () => (context instanceof StepView ? brand.call(input, StepView.callOf(context)) : of(input as I, context)),
      input,
      calls,
    )) as AnyFn)
  return Object.assign(made, { calls }) as unknown as RecordedComponent<I, O> // it takes and gives what the original does
}

function note(call: () => unknown, input: unknown, calls: Call[]): unknown {
  const failed = (thrown: unknown): never => {
    calls.push({ input, error: errorOf(thrown) })
    throw thrown
  }
  const answered = (output: unknown): unknown => {
    calls.push({ input, output })
    return output
  }
  try {
    const result = promised(call())
    return isPromise(result) ? result.then(answered, failed) : answered(result)
  } catch (thrown) {
    return failed(thrown)
  }
}

function errorOf(thrown: unknown): NonNullable<Call['error']> {
  const { code, message } = errorValue(thrown)
  return { code, message }
}
