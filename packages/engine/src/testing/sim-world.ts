// The world of a simulation: chance from one seed, time that moves from event to event, processes that stall and crash.
// Nothing in here waits for real time, and nothing happens that the seed does not decide.

import type { Clock } from '../clock.ts'
import { WakeHeap } from '../store/wake-heap.ts'

export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** From `least` to `most`, both included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** True with this probability. */
  is(probability: number): boolean {
    return this.next() < probability
  }

  one<T>(of: readonly T[]): T {
    return of[this.int(0, of.length - 1)] as T
  }

  /** Each with this probability; in order. */
  some<T>(of: readonly T[], probability: number): T[] {
    return of.filter(() => this.is(probability))
  }
}

interface Event {
  readonly run: () => void
  isLive: boolean
}

export class World {
  readonly chance: Chance
  /** Told what happens, if somebody listens. */
  readonly note: (text: () => string) => void
  now = 1_000_000
  /** How much time passes between one look at the clock and the next, where computers are slow; milliseconds. */
  slownessMs = 0
  readonly #events = new WakeHeap<Event>()

  constructor(seed: number, note: (text: () => string) => void) {
    this.chance = new Chance(seed)
    this.note = note
  }

  /** Calls `run` after `ms`; the returned function takes it back. */
  after(ms: number, run: () => void): () => void {
    const event = { run, isLive: true }
    this.#events.add(this.now + Math.max(0, ms), event)
    return () => {
      event.isLive = false
    }
  }

  /** Lets the next thing happen, and all that follows from it without time; false if nothing is left to happen. */
  async step(): Promise<boolean> {
    for (;;) {
      const { nextAt } = this.#events
      if (nextAt === undefined) return false
      this.now = Math.max(this.now, nextAt)
      const event = this.#events.takeDue(this.now) as Event
      if (!event.isLive) continue
      event.run()
      // Once round the loop all promises that follow have settled; it costs no more than to await thirty of them.
      await new Promise((resolve) => setImmediate(resolve))
      return true
    }
  }
}

/** What one engine lives in. Once it is dead, nothing happens in it any more. */
export class Process {
  readonly world: World
  readonly name: string
  isDead = false
  /** Nothing happens in it until then; what should have happens then. */
  stalledUntil = 0
  /** Its engine is being closed: whoever reads there is not given all. */
  isClosing = false
  /** It cannot reach the store until then. */
  cutUntil = 0
  /** By how much its clock is ahead of the world's; milliseconds. */
  readonly aheadMs: number
  readonly #delayed: (() => void)[] = []
  readonly #onDeath: (() => void)[] = []

  constructor(world: World, name: string, aheadMs = 0) {
    this.world = world
    this.name = name
    this.aheadMs = aheadMs
  }

  get isCut(): boolean {
    return this.cutUntil > this.world.now
  }

  readonly clock: Clock = {
    now: () => {
      this.world.now += this.world.slownessMs
      return this.world.now + this.aheadMs
    },
    timer: (ms, fire) => this.after(ms, fire),
    soon: (next) => {
      this.world.note(() => `${this.name} gives way`)
      this.after(0, next)
    },
  }

  after(ms: number, run: () => void): () => void {
    let isLive = true
    const attempt = () => {
      if (!isLive || this.isDead) return
      if (this.stalledUntil > this.world.now) this.#delay(attempt)
      else run()
    }
    this.world.after(ms, attempt)
    return () => {
      isLive = false
    }
  }

  /** A promise that is kept after `ms`, unless the process dies before. */
  later<T>(ms: number, make: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.after(ms, () => {
        try {
          resolve(make())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  /** What is delayed happens later, but in the same order. */
  #delay(attempt: () => void): void {
    this.#delayed.push(attempt)
    if (this.#delayed.length === 1) this.#awake()
  }

  #awake(): void {
    this.world.after(this.stalledUntil - this.world.now, () => {
      if (this.stalledUntil > this.world.now) return this.#awake()
      for (const attempt of this.#delayed.splice(0)) this.world.after(0, attempt)
    })
  }

  onDeath(then: () => void): void {
    this.#onDeath.push(then)
  }

  crash(why: string): void {
    if (this.isDead) return
    this.world.note(() => `${this.name} crashes ${why}`)
    this.isDead = true
    for (const then of this.#onDeath) then()
  }
}
