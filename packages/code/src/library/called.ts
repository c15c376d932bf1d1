// What the steps of a flow call, by path, while it is compiled: components, and functions that are made into some at the end.

import type { Component } from '@stepflow/engine'
import { wrong } from '../compile/options.ts'
import { type AnyFn, plainCall } from './component.ts'

export class Called {
  readonly #flow: string
  readonly #byPath = new Map<string, Component | AnyFn>()

  constructor(flow: string) {
    this.#flow = flow
  }

  /** Throws INVALID_FLOW for two functions under one path. */
  add(path: string, called: Component | AnyFn): void {
    const known = this.#byPath.get(path)
    if (known && functionOf(known) !== functionOf(called)) {
      throw wrong(`flow "${this.#flow}" has two components ${path}; give them different names`)
    }
    this.#byPath.set(path, called)
  }

  /** Made one after the other, so that they lie side by side: how far apart they are decides what a long chain costs. */
  components(): Map<string, Component> {
    const components = new Map<string, Component>()
    for (const [path, one] of this.#byPath) {
      components.set(path, typeof one === 'function' ? { info: { name: path }, call: plainCall(one) } : one)
    }
    return components
  }
}

// ---

function functionOf(called: Component | AnyFn): unknown {
  return typeof called === 'function' ? called : called.call
}
