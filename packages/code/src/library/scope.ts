// What one step function, or one parallel step, knows of itself while it is executed. Holds; tells nobody.

import { type CallContext, setOwn } from '@stepflow/engine'
import type { StepDefinition } from '../compile/definition.ts'
import type { StepFunctionHooks } from './hooks.ts'

/** Lists shorter than this are not worth it. */
const FIRST_FOLD = 2_048

/** What has begun, and since when (epoch milliseconds). */
export interface Begun {
  readonly input: unknown
  readonly startedAt: number
  /** Its latest attempt: whose signal says whether it took too long. */
  call: CallContext | undefined
  /** What its latest attempt threw, and when. */
  thrown: { readonly what: unknown; readonly at: number } | undefined
}

/** What a parallel step's scope is inside of. */
export interface Parallel {
  readonly step: StepDefinition
  readonly around: Scope
}

/** Made for each execution, so what few of them need is made when it is needed. */
export class Scope {
  readonly workflow: string
  readonly hooks: StepFunctionHooks | undefined
  readonly input: unknown
  readonly startedAt: number
  /** Set if it is that of a parallel step: its names are tasks. */
  readonly parallel: Parallel | undefined
  /** It has ended, and that was told. */
  isOver = false
  #open: Map<string, Begun> | undefined
  #errors: Record<string, unknown> | undefined
  /** Names and results, in turns: a list is several times as fast as a map. */
  #results: unknown[] = []
  /** From this length on, what loops have brought again and again is put together. */
  #foldAt: number

  /** `size`: how many steps or tasks it has. */
  constructor(
    { workflow, hooks }: Pick<Scope, 'workflow' | 'hooks'>,
    input: unknown,
    startedAt: number,
    size: number,
    parallel: Parallel | undefined,
  ) {
    this.workflow = workflow
    this.hooks = hooks
    this.input = input
    this.startedAt = startedAt
    this.parallel = parallel
    this.#foldAt = Math.max(FIRST_FOLD, 8 * size)
  }

  /** The result, or the error, of a step or a task; a later one takes the place of the one before. */
  set(name: string, result: unknown): void {
    this.#results.push(name, result)
    if (this.#results.length > this.#foldAt) this.#fold()
  }

  /** Results and errors: of a step function by step, of a parallel step by task. */
  get context(): Record<string, unknown> {
    const context: Record<string, unknown> = {}
    const results = this.#results
    for (let i = 0; i < results.length; i += 2) setOwn(context, results[i] as string, results[i + 1])
    return context
  }

  /** Of a parallel step: what failed. */
  get errors(): Record<string, unknown> {
    this.#errors ??= {}
    return this.#errors
  }

  /** Nothing has ended in it so far. */
  get isFresh(): boolean {
    return this.#results.length === 0
  }

  begin(name: string, begun: Begun): void {
    this.#open ??= new Map()
    this.#open.set(name, begun)
  }

  begun(name: string): Begun | undefined {
    return this.#open?.get(name)
  }

  /** What has begun and not ended, in the order of its beginning. */
  get open(): readonly (readonly [name: string, begun: Begun])[] {
    return this.#open ? [...this.#open] : []
  }

  end(name: string): Begun | undefined {
    const begun = this.#open?.get(name)
    if (begun) this.#open?.delete(name)
    return begun
  }

  #fold(): void {
    const last = new Map<string, unknown>()
    const results = this.#results
    for (let i = 0; i < results.length; i += 2) last.set(results[i] as string, results[i + 1])
    this.#results = [...last].flat(1)
  }
}
