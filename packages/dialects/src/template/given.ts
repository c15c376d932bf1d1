// The arguments that a filter, test or function was given, by position or by name.

import { fail, type Named } from './values.ts'

export interface Given {
  readonly positional: readonly unknown[]
  readonly named: Named
  /** `read('width', 4, 'first', false)`: values of these parameters in order; ARGS.needed has no default. */
  read(...params: unknown[]): unknown[]
}

export const ARGS = { needed: Symbol('needed') } as const

export function given(owner: string, positional: readonly unknown[], named: Named): Given {
  return {
    positional,
    named,
    read(...params) {
      const count = params.length / 2
      if (positional.length > count) fail(`${owner} takes at most ${count} arguments, not ${positional.length}`)
      for (const name of named.keys()) {
        if (!params.some((param, i) => i % 2 === 0 && param === name)) fail(`${owner} has no argument "${name}"`)
      }
      const values: unknown[] = []
      for (let i = 0; i < count; i++) {
        const name = params[2 * i] as string
        const value = i < positional.length ? positional[i] : named.has(name) ? named.get(name) : params[2 * i + 1]
        if (value === ARGS.needed) fail(`${owner} needs its argument "${name}"`)
        values.push(value)
      }
      return values
    },
  }
}
