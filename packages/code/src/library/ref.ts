// References: what stands for a value while a flow is put together. Typed like the value, and never the value itself.

import { FlowError } from '@stepflow/engine'

declare const VALUE: unique symbol
declare const FLOW: unique symbol

/** Stands for a value of type `T` in the flow called `Flow`. */
export interface AnyRef<T = unknown, Flow extends string = string> {
  readonly [VALUE]: T
  readonly [FLOW]: Flow
}

/** A reference to a value of type `T`; its fields are references to the value's fields. */
export type Ref<T, Flow extends string = string> = AnyRef<T, Flow> & Fields<T, Flow>

type IsAny<T> = 0 extends 1 & T ? true : false
type Primitive = string | number | boolean | bigint | symbol | null | undefined
/** Below null all is null. */
type Through<T> = null extends T ? null : undefined extends T ? null : never
/** What is not there reads as null. */
type Read<T> = undefined extends T ? Exclude<T, undefined> | null : T

/** References to the fields of a value. */
export type Fields<T, Flow extends string> =
  IsAny<T> extends true
    ? // biome-ignore lint/suspicious/noExplicitAny: of any value, any field
      any
    : [Extract<T, object>] extends [never]
      ? object
      : FieldsOf<Extract<T, object>, Flow, Through<T>>

type FieldsOf<O, Flow extends string, None> = O extends readonly (infer E)[]
  ? number extends O['length']
    ? { readonly [index: number]: Ref<E | null, Flow> }
    : { readonly [K in keyof O & `${number}`]: Ref<Read<O[K]> | None, Flow> }
  : { readonly [K in keyof O]-?: Ref<Read<O[K]> | None, Flow> }

/** A value of type `T`, or references where its parts will be. */
export type Given<T, Flow extends string = string> = Plain<T, Flow> | AnyRef<T, Flow>

type Plain<T, Flow extends string> =
  IsAny<T> extends true
    ? T
    : T extends Primitive
      ? T
      : T extends readonly (infer E)[]
        ? readonly Given<E, Flow>[]
        : T extends object
          ? { readonly [K in keyof T]: Given<T[K], Flow> }
          : T

/** The type of the value that a structure of references gives. */
export type Resolved<V> =
  IsAny<V> extends true
    ? V
    : V extends AnyRef<infer T>
      ? T
      : V extends Primitive
        ? V
        : { -readonly [K in keyof V]: Resolved<V[K]> }

/** What a reference knows of itself. */
export interface RefNode {
  /** Where the value comes from; told apart by whoever made it. */
  readonly source: object
  readonly path: readonly string[]
}

const nodes = new WeakMap<object, RefNode>()

export function makeRef(node: RefNode): object {
  // A function, so that a call can be refused in our words; but what has a callable "then" is taken for a promise.
  const target = node.path.at(-1) === 'then' ? {} : () => {}
  const ref = new Proxy(target, traps(node))
  nodes.set(ref, node)
  return ref
}

export function nodeOf(value: unknown): RefNode | undefined {
  return nodes.get(value as object) // what is no object is in no map
}

/** `$.tags[0]["first name"]`; empty for the whole. */
export function pathText(path: readonly string[]): string {
  if (path.length === 0) return ''
  return path.reduce((text, key) => {
    if (/^(0|[1-9]\d*)$/.test(key)) return `${text}[${key}]`
    return /^[A-Za-z_][\w-]*$/.test(key) ? `${text}.${key}` : `${text}[${JSON.stringify(key)}]`
  }, '$')
}

// ---

/** Methods of lists that take a function of their elements. */
const EACH = ['map', 'forEach', 'filter', 'flatMap', 'find', 'findIndex', 'some', 'every', 'reduce']
const NO_VALUES = 'while a flow is put together there are no values yet'

function traps({ source, path }: RefNode): ProxyHandler<object> {
  return {
    apply: () => called(path.at(-1)),
    get(_, key) {
      // Whatever asks a value for symbols means to use it; Promises and test tools only look.
      if (key === Symbol.toPrimitive || key === Symbol.iterator) return misused
      if (typeof key === 'symbol') return undefined
      return makeRef({ source, path: [...path, key] })
    },
    has: (_, key) => typeof key !== 'symbol' && misused(),
    ownKeys: misused,
    set: misused,
    deleteProperty: misused,
    defineProperty: misused,
  }
}

function misused(): never {
  throw new FlowError(
    'INVALID_FLOW',
    `a reference was used as a value: ${NO_VALUES}; compute in a step, and name fields one by one`,
  )
}

function called(method: string | undefined): never {
  const what = method === undefined ? 'it' : `its "${method}"`
  const instead =
    method !== undefined && EACH.includes(method)
      ? 'forEach(list, (item) => ...) runs steps for each element, a step of its own can do the rest'
      : 'call it in a step'
  throw new FlowError(
    'INVALID_FLOW',
    `a reference was used as a value: ${what} was called, but ${NO_VALUES}; ${instead}`,
  )
}
