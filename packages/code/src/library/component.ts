// A function as a component: with a name, and schemas for what goes in and comes out. Called by flows, and by tests.

import type { CallContext, Component, MaybePromise } from '@stepflow/engine'
import { COMPONENT, type ComponentBrand, isPromise } from '@stepflow/engine'
import { checkKeys, readName, shown, wrong } from '../compile/options.ts'
import { promised } from './promised.ts'
import {
  checker,
  type InputOf,
  jsonSchemaOf,
  type OutputOf,
  readSchema,
  type SchemaLike,
  type StandardSchema,
} from './schema-like.ts'
import { type StepContext, StepView } from './step-context.ts'

/** Options of a component. */
export interface ComponentOptions<I extends SchemaLike | undefined, O extends SchemaLike | undefined> {
  readonly description?: string
  /** Checked before the function is called, which gets what the schema makes of the input. */
  readonly input?: I
  /** Checked after it. */
  readonly output?: O
  /** The field of the output that paths in YAML may leave out. */
  readonly primary?: string
  /** Calling it again is harmless and cheap: it is not written down before it is called. */
  readonly repeatable?: boolean
}

/** A component; it can be called like the function that it was made of. */
export interface FlowComponent<I, O> {
  (input: I, context?: StepContext): Promise<O>
  readonly '~types': { readonly input: (input: I) => void; readonly output: O }
  readonly [COMPONENT]: ComponentBrand & { readonly name: string }
}

/** What the function is given: what its schema makes of the input, or what it says itself. */
type Taken<S, Own> = S extends SchemaLike ? (unknown extends OutputOf<S> ? Own : OutputOf<S>) : Own
/** A type of its own, so that what the function returns is read as what the schema says it should be. */
type Body<O, Input, Output> =
  O extends StandardSchema<infer Given, infer _>
    ? (input: Input, context: StepContext) => MaybePromise<Given>
    : (input: Input, context: StepContext) => MaybePromise<Output>
type Accepted<S, Own> = S extends SchemaLike ? (unknown extends InputOf<S> ? Own : InputOf<S>) : Own

/**
 * A component with a name, for flows and for modules. It can be called like the function that it was made of.
 *
 * ```ts
 * import { z } from 'zod'
 *
 * const double = component('double', { input: z.number(), output: z.number() }, (x) => x * 2)
 * console.log(await double(21)) // 42
 * const flow = defineFlow('four', { input: z.number() }, ({ input, step }) =>
 *   step('again', double, step('once', double, input)),
 * )
 * console.log(await run(flow, 1)) // 4
 * ```
 *
 * @param name by which tests fake it and files call it
 * @param options schemas of any library that follows Standard Schema, or JSON Schema; what lists say of it
 * @param fn does the work; gets what the schema makes of the input
 * @throws FlowError INVALID_FLOW for a wrong name or option; when it is called: INVALID_INPUT, or COMPONENT_FAILED for a result that does not fit
 */
export function component<
  const I extends SchemaLike | undefined = undefined,
  const O extends SchemaLike | undefined = undefined,
  // biome-ignore lint/suspicious/noExplicitAny: without a schema the function says what it takes
  Input extends Taken<I, any> = Taken<I, any>,
  Output = unknown,
>(
  name: string,
  options: ComponentOptions<I, O>,
  fn: Body<O, Input, Output>,
): FlowComponent<Accepted<I, Input>, Taken<O, Output>> {
  const what = `component "${readName(name, 'the name of a component')}"`
  checkKeys(options, ['description', 'input', 'output', 'primary', 'repeatable'], what)
  if (typeof fn !== 'function') throw wrong(`${what} needs a function, not ${shown(fn)}`)
  const input = readSchema(options.input, `"input" of ${what}`)
  const output = readSchema(options.output, `"output" of ${what}`)
  const call = checkedCall(fn as AnyFn, input, output, what)
  const inputSchema = jsonSchemaOf(input)
  const outputSchema = jsonSchemaOf(output)
  const brand: ComponentBrand & { readonly name: string } = {
    name,
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(inputSchema === undefined ? {} : { input: inputSchema }),
    ...(outputSchema === undefined ? {} : { output: outputSchema }),
    ...(options.primary === undefined ? {} : { primary: options.primary }),
    ...(options.repeatable === undefined ? {} : { repeatable: options.repeatable }),
    call: (value, context) => call(value, new StepView(context)),
  }
  const made = async (value: unknown, context: StepContext = aloneContext()) => call(value, context)
  Object.defineProperties(made, { name: { value: name }, [COMPONENT]: { value: brand, enumerable: true } })
  return made as unknown as FlowComponent<Accepted<I, Input>, Taken<O, Output>> // as the schemas say
}

export function brandOf(value: unknown): (ComponentBrand & { readonly name: string }) | undefined {
  const brand = typeof value === 'function' && COMPONENT in value ? value[COMPONENT] : undefined
  return brand as (ComponentBrand & { readonly name: string }) | undefined // whoever carries the symbol means it
}

/** A plain function as a component. */
export function plainCall(fn: AnyFn): Component['call'] {
  return (input, context: CallContext) => promised(fn(input, new StepView(context)))
}

/** Any function of an input and a context. */
// biome-ignore lint/suspicious/noExplicitAny: what it takes is checked where it is used
export type AnyFn = (input: any, context: any) => unknown

// ---

function checkedCall(fn: AnyFn, input: SchemaLike | undefined, output: SchemaLike | undefined, what: string) {
  const checkInput = checker(input, 'INVALID_INPUT', `the input of ${what}`)
  const checkOutput = checker(output, 'COMPONENT_FAILED', `the result of ${what}`)
  if (!checkInput && !checkOutput) return (value: unknown, context: StepContext) => promised(fn(value, context))
  const after = (answer: unknown) => {
    const result = promised(answer)
    return checkOutput ? (isPromise(result) ? result.then(checkOutput) : checkOutput(result)) : result
  }
  return (value: unknown, context: StepContext): unknown => {
    const taken = checkInput ? checkInput(value) : value
    return isPromise(taken) ? taken.then((ready) => after(fn(ready, context))) : after(fn(taken, context))
  }
}

/** For a call outside of any run. */
function aloneContext(): StepContext {
  return { signal: new AbortController().signal, attempt: 1, idempotencyKey: 'alone', results: {}, log: () => {} }
}
