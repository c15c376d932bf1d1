// How often something may be called: at most so many times in any span of that length. A call that has to wait parks until
// its turn; a rate holds no timer, no queue and no call.
//
// 1. In no span are there more starts than allowed, also if who waited comes late.
// 2. Who came first goes first: each has a time of its own, and none is given away twice.

import { type CallContext, type Clock, type Component, Park, type Plugin } from '@stepflow/engine'

export interface RateLimit {
  readonly count: number
  readonly perMs: number
}

/** The turns that a call has waited for, by rate; the last is the one that it waits for now. */
export type Turns = readonly Turn[]

interface Turn {
  readonly of: string
  /** Epoch milliseconds. */
  readonly at: number
}

export class Rate {
  readonly #id = `${STARTED}.${++rates}`
  readonly #perMs: number
  readonly #clock: Clock
  /** When each of the last `count` was allowed to start, and when each did. */
  readonly #allowed: Times
  readonly #started: Times

  constructor({ count, perMs }: RateLimit, clock: Clock) {
    this.#perMs = perMs
    this.#clock = clock
    this.#allowed = new Times(count)
    this.#started = new Times(count)
  }

  /** A Park that waits for its turn, or undefined: it may start now. `turns`: those of the Park that it comes from. */
  park(turns: Turns = [], state?: unknown): Park | undefined {
    const mine = turns.findIndex(({ of }) => of === this.#id)
    // It has waited for another one since.
    if (mine >= 0 && mine < turns.length - 1) return undefined
    const now = this.#clock.now()
    const at = Math.max(mine < 0 ? this.#reserve(now) : now, this.#started.oldest + this.#perMs)
    if (at <= now) {
      this.#started.add(now)
      return undefined
    }
    const others = turns.filter(({ of }) => of !== this.#id)
    return new Park({ until: at, turn: [...others, { of: this.#id, at }], state })
  }

  #reserve(now: number): number {
    const at = Math.max(now, this.#allowed.oldest + this.#perMs)
    this.#allowed.add(at)
    return at
  }
}

/** The same plugin, called no more often than that. */
export function paced(plugin: Plugin, rate: Rate): Plugin {
  return {
    name: plugin.name,
    components: () => plugin.components(),
    resolve(name) {
      const component = plugin.resolve(name)
      return component && pacedComponent(component, rate)
    },
    start: () => plugin.start?.(),
    stop: () => plugin.stop?.(),
  }
}

/** The same component; while it waits for its turn it holds no place, and its step's time limit has not begun. */
export function pacedComponent(component: Component, rate: Rate): Component {
  const { announcesStart } = component.info
  /** Calls that have had their turn, and may be called again for another reason. */
  const passed = new WeakSet<AbortSignal>()
  return {
    ...component,
    info: { ...component.info, announcesStart: true },
    call(input, context: CallContext) {
      const turns = context.turn as Turns | undefined // from a Park of ours
      const goesOn = context.woken !== undefined && turns === undefined
      if (!goesOn && !passed.has(context.signal)) {
        const park = rate.park(turns)
        if (park) return park
        passed.add(context.signal)
      }
      if (!announcesStart) context.started()
      return component.call(input, context)
    },
  }
}

// ---

/** Tells the rates of this process from those of the one before it, whose turns are void. */
const STARTED = `${process.pid}.${Date.now().toString(36)}`
let rates = 0

/** The last so many times, in a ring. */
class Times {
  readonly #most: number
  readonly #times: number[] = []
  #next = 0

  constructor(most: number) {
    this.#most = most
  }

  /** The one that the next takes the place of. */
  get oldest(): number {
    return this.#times.length < this.#most ? Number.NEGATIVE_INFINITY : (this.#times[this.#next] as number)
  }

  add(time: number): void {
    this.#times[this.#next] = time
    this.#next = (this.#next + 1) % this.#most
  }
}
