// Where a template runs: the names it sees and the text it writes.

import { keysAt } from '@stepflow/engine'
import { GLOBALS } from './globals.ts'
import { Budget, Undefined } from './values.ts'

/** The names in scope, inner ones first. */
export class Frame {
  readonly budget: Budget
  readonly #names = new Map<string, unknown>()
  readonly #up: Frame | undefined
  readonly #root: Readonly<Record<string, unknown>>

  constructor(root: Readonly<Record<string, unknown>>, budget: Budget = new Budget(), up?: Frame) {
    this.#root = root
    this.budget = budget
    this.#up = up
  }

  inner(): Frame {
    return new Frame(this.#root, this.budget, this)
  }

  set(name: string, value: unknown): void {
    this.#names.set(name, value)
  }

  get(name: string): unknown {
    for (let frame: Frame | undefined = this; frame; frame = frame.#up) {
      if (frame.#names.has(name)) return frame.#names.get(name)
    }
    if (Object.hasOwn(this.#root, name)) return this.#root[name] ?? null
    if (Object.hasOwn(GLOBALS, name)) return GLOBALS[name]
    return new Undefined(`"${name}" is not defined; there are: ${this.#known()}`)
  }

  /** A template is given only what it reads: one that reads nothing is told what it could. */
  #known(): string {
    return Object.keys(this.#root).length > 0 ? keysAt(this.#root) : 'steps, inputs, variables, secrets, run, flow'
  }
}

/** A text in the making. */
export class Out {
  text = ''
  readonly #budget: Budget
  constructor(budget: Budget) {
    this.#budget = budget
  }
  add(part: string): void {
    this.#budget.text(this.text.length + part.length > 1_000_000 ? this.text.length + part.length : part.length)
    this.text += part
  }
}
