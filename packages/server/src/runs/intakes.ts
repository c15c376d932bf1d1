// Takes in inputs that come as the lines of a body, and what becomes of a run whose body broke off.
//
// I1  What has come runs, whatever becomes of the rest.
// I2  A run with a key waits for the rest: the same body, sent again with the same key, goes on behind the lines that were
//     taken. After some time, and without a key at once, the run ends as failed and says how many lines came.
// I3  One body for a key at a time: who comes later waits until the other has ended, or is silent.
// I4  How far a run is, is in the store: a server after this one goes on with it. On a store on which several nodes work, the
//     engine of any of them knows when the time for the rest is over (`leftInputs`).

import {
  type Clock,
  type ErrorValue,
  equalJson,
  FlowError,
  isEnded,
  type Log,
  type PlanEngine,
  type PlanEngineOptions,
  RefusedInput,
  type RunHandle,
  type Store,
} from '@stepflow/engine'
import { eachRun, type RunReader, readCreated, readInputs } from '@stepflow/host/history'
import { inTime } from '../app/in-time.ts'
import type { Life } from '../app/life.ts'
import type { BodyLines } from './body-lines.ts'
import type { BegunRun, RunStarter, StartRequest } from './start-run.ts'

export interface IntakesOptions {
  readonly engine: PlanEngine
  readonly store: Store
  readonly runs: RunReader
  readonly starter: RunStarter
  readonly clock: Clock
  readonly log: Log
  readonly life: Life
}

export interface Intake extends BegunRun {
  /** Resolves when no more lines come; never rejects. */
  readonly over: Promise<void>
}

/** How long a run waits for the rest of its inputs. */
const REST_MS = 10 * 60_000
/** A client that is silent for so long gives way to one that comes with the same key. */
const GIVES_WAY_MS = 5_000

export class Intakes {
  readonly #options: IntakesOptions
  readonly #bodies = new Set<BodyLines>()
  /** By key. */
  readonly #keyed = new Map<string, { readonly lines: BodyLines; readonly over: Promise<void> }>()
  /** Runs that wait for their rest, and what takes that back. */
  readonly #waiting = new Map<string, () => void>()

  constructor(options: IntakesOptions) {
    this.#options = options
    options.life.onDrain(() => this.#stop())
  }

  /** Throws CONFLICT for lines unlike those that were taken with the same key. */
  async begin(request: Omit<StartRequest, 'inputs' | 'isSingle'>, lines: BodyLines): Promise<Intake> {
    const key = request.key?.key
    const leave = key === undefined ? () => {} : await this.#turn(key, lines)
    this.#bodies.add(lines)
    const ended = () => {
      this.#bodies.delete(lines)
      leave()
    }
    try {
      const intake = await this.#begin(request, lines)
      void intake.over.then(ended)
      return intake
    } catch (thrown) {
      ended()
      throw thrown
    }
  }

  /** I4. Runs that a server before this one was taking in: whoever has the key may still go on with them. */
  async takeOver(): Promise<void> {
    const { store, runs } = this.#options
    if (store.capacity !== undefined) return
    for await (const { id, items } of eachRun(runs, { status: ['queued', 'running', 'paused'], trigger: 'api' })) {
      if (items.total >= 0) continue
      const { options } = await readCreated(store, id)
      await this.#brokeOff(id, options?.request !== undefined)
    }
  }

  async #begin(request: Omit<StartRequest, 'inputs' | 'isSingle'>, lines: BodyLines): Promise<Intake> {
    const { engine, store, starter } = this.#options
    const begun = await starter.start({ ...request, inputs: lines, isSingle: false, onBroken: 'keep' })
    const { id } = begun.run
    // It has been written with its inputs to come.
    if (begun.isNew) return { ...begun, over: this.#follow(id, begun.run as RunHandle, request.key !== undefined) }
    await this.#checkSame(id, lines)
    const row = await store.runs.get(id)
    if (!row || row.items.total >= 0 || isEnded(row.status)) {
      if (!(await lines[Symbol.asyncIterator]().next()).done) throw otherLines(id, 'more lines')
      return { ...begun, over: Promise.resolve() }
    }
    this.#waiting.get(id)?.()
    const handle = await engine.resume(id, { further: lines, onBroken: 'keep' }).catch(asBusy)
    handle.discardResults()
    return { ...begun, over: this.#follow(id, handle, true) }
  }

  async #follow(id: string, { takenIn }: RunHandle, hasKey: boolean): Promise<void> {
    const { log } = this.#options
    const how = await takenIn.catch((thrown) => {
      log('warning', `the inputs of run ${id} could not be taken in: ${(thrown as Error).message}`)
      return 'broken' as const
    })
    if (how === 'broken') await this.#brokeOff(id, hasKey)
  }

  /** I2. */
  async #brokeOff(id: string, hasKey: boolean): Promise<void> {
    const { clock, log, life, store } = this.#options
    if (life.state === 'draining' || store.capacity !== undefined) return
    const end = () => this.#end(id).catch((thrown) => log('warning', `run ${id}: ${(thrown as Error).message}`))
    if (!hasKey) return end()
    const cancel = clock.timer(REST_MS, () => {
      this.#waiting.delete(id)
      void end()
    })
    this.#waiting.set(id, () => {
      this.#waiting.delete(id)
      cancel()
    })
  }

  async #end(id: string): Promise<void> {
    await this.#options.engine.endInputs(id, brokenOff)
  }

  /** I3. Returns what ends the turn. */
  async #turn(key: string, own: BodyLines): Promise<() => void> {
    const { clock } = this.#options
    for (let other = this.#keyed.get(key); other; other = this.#keyed.get(key)) {
      const { lines, over } = other
      if (lines.silentMs >= GIVES_WAY_MS) lines.cut()
      await inTime(over, clock, GIVES_WAY_MS)
    }
    // Without a pause behind the look: whoever else looks then finds this one.
    let leave = () => {}
    const over = new Promise<void>((resolve) => {
      leave = () => {
        this.#keyed.delete(key)
        resolve()
      }
    })
    this.#keyed.set(key, { lines: own, over })
    return leave
  }

  /** Reads on behind the lines that were taken. */
  async #checkSame(id: string, lines: BodyLines): Promise<void> {
    const given = lines[Symbol.asyncIterator]()
    let number = 0
    for await (const taken of readInputs(this.#options.store, id)) {
      number++
      const { done, value } = await given.next()
      if (done) throw otherLines(id, `only ${number - 1} lines`)
      if (!isSame(taken, value)) throw otherLines(id, `another line ${number}`)
    }
  }

  #stop(): void {
    for (const lines of this.#bodies) lines.cut()
    for (const cancel of this.#waiting.values()) cancel()
  }
}

/** I2, for the engine. */
export const leftInputs: NonNullable<PlanEngineOptions['leftInputs']> = (options) => ({
  waitMs: options?.request === undefined ? 0 : REST_MS,
  error: brokenOff,
})

// ---

/** I3, where another node has the other body: it may be on its way to its end. */
function asBusy(thrown: unknown): never {
  if (!FlowError.is(thrown) || thrown.code !== 'CONFLICT') throw thrown
  throw new FlowError('RESOURCE_UNAVAILABLE', `${thrown.message}: try again`, { retryAfterMs: 2_000 })
}

function brokenOff(lines: number): ErrorValue {
  return { code: 'INVALID_INPUT', message: `the input broke off after ${lines} ${lines === 1 ? 'line' : 'lines'}` }
}

function otherLines(id: string, how: string): FlowError {
  return new FlowError(
    'CONFLICT',
    `the key began run ${id}, and this body has ${how}: send the same lines, or take another key`,
  )
}

function isSame(taken: unknown, given: unknown): boolean {
  if (taken instanceof RefusedInput) return given instanceof RefusedInput
  return !(given instanceof RefusedInput) && equalJson(taken, given)
}
