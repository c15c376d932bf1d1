// The components that the steps of a flow call, by path, while the flow is compiled; among them functions that become
// components at the end.

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
    if (!this.#mayAdd(path, called)) {
      throw wrong(`flow "${this.#flow}" has two components ${path}; give them different names`)
    }
    this.#byPath.set(path, called)
  }

  /**
   * Adds the components of a flow inside, which are its own. Gives the paths of those that are called otherwise here, for
   * theirs lead to others already.
   */
  addInside(flow: string, components: ReadonlyMap<string, Component>): ReadonlyMap<string, string> {
    const renamed = new Map<string, string>()
    for (const [path, one] of components) {
      let free = path
      for (let n = 1; !this.#mayAdd(free, one); n++) free = renamedPath(path, flow, n)
      if (free !== path) renamed.set(path, free)
      this.#byPath.set(free, one)
    }
    return renamed
  }

  #mayAdd(path: string, called: Component | AnyFn): boolean {
    const known = this.#byPath.get(path)
    return known === undefined || functionOf(known) === functionOf(called)
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

/** `/local/double` of a flow inside: `/local/inner/double`, then `/local/inner/2/double`. */
function renamedPath(path: string, flow: string, n: number): string {
  const among = `/local/${encodeURIComponent(flow)}${n === 1 ? '' : `/${n}`}`
  return `${among}/${path.replace(/^\/local\//, '')}`
}

function functionOf(called: Component | AnyFn): unknown {
  return typeof called === 'function' ? called : called.call
}
