// What can be run, whoever wrote it: a plan, and the functions of this process that it calls. The meeting point of step
// functions, typed flows, engines and the command line; objects of any copy of this package meet here.

import { type Component, FlowError, isRecord, type Outcome, type Plan, type Router } from '@stepflow/engine'

export interface Program {
  readonly plan: Plan
  /** What lives in this process only, by path. */
  readonly components: ReadonlyMap<string, Component>
  /** The plan to look at, if it is another. */
  readonly sketch: Plan
  /** Of a program that follows its runs, those that are kept nowhere: it is told of each as it begins. */
  readonly begin?: (input: unknown) => Followed
}

/** A run, as its program follows it. */
export interface Followed {
  /** What its components are handed. */
  readonly local: unknown
  end(outcome: Outcome): void
}

const PROGRAM: unique symbol = Symbol.for('stepflow.program') as never // a unique symbol needs a declared type

export { PROGRAM }

/** A flow or a step function. `Input` and `Output` exist for the compiler only. */
export interface Runnable<Input = never, Output = unknown> {
  readonly name: string
  /** Compiles on first use; throws INVALID_FLOW. */
  readonly [PROGRAM]: Program
  /** Never set. */
  readonly '~types': { readonly input: (input: Input) => void; readonly output: Output }
}

export function isRunnable(value: unknown): value is Runnable {
  return (isRecord(value) || typeof value === 'function') && PROGRAM in (value as object)
}

/** Leads to what programs brought along; what is not there has perhaps stayed in another process. */
export class LocalRouter implements Router {
  readonly #components = new Map<string, { readonly given: Component; readonly called: Component }>()
  readonly #otherwise: Router | undefined
  readonly #wrap: (component: Component) => Component

  constructor(otherwise?: Router, wrap: (component: Component) => Component = (component) => component) {
    this.#otherwise = otherwise
    this.#wrap = wrap
  }

  /** Two functions under one path are a mistake: a run could not tell which one is meant. */
  add({ components, plan }: Program): void {
    const isNew = ([path, component]: readonly [string, Component]) => {
      const there = this.#components.get(path)
      if (!there || there.given.call === component.call) return !there
      throw new FlowError(
        'INVALID_FLOW',
        `"${plan.name}" brings another function for ${path} than a flow that this engine has already; rename one`,
      )
    }
    // All are looked at before the first is taken in: what is refused leaves nothing behind.
    for (const [path, component] of [...components].filter(isNew)) {
      this.#components.set(path, { given: component, called: this.#wrap(component) })
    }
  }

  route(path: string): { readonly component?: Component } {
    const there = this.#components.get(path)
    if (there) return { component: there.called }
    if (this.#otherwise && !path.startsWith('/local/')) return this.#otherwise.route(path)
    const hint = path.startsWith('/local/')
      ? 'it is a function of the program that defined it; give its flow to createEngine({ flows: [...] }) here, too'
      : `there are ${[...this.#components.keys()].slice(0, 20).join(', ') || 'none'}`
    throw new FlowError('COMPONENT_NOT_FOUND', `no component ${path}: ${hint}`)
  }
}
