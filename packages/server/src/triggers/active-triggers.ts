// Which triggers are active: those of the published version of each flow that has a name. The list that schedules read;
// starts nothing. A webhook or a tool is found by its name, which one flow has: `NamedFlows.webhook`.

import type { Clock } from '@stepflow/engine'
import type { NamedFlows, ReadFlow, Trigger } from '@stepflow/host/named-flows'

export interface ActiveTrigger<T extends Trigger = Trigger> {
  /** The name of the flow that it starts. */
  readonly flow: string
  /** Its place among the triggers of the flow. */
  readonly index: number
  readonly trigger: T
}

/**
 * Reads triggers again when a flow was saved, published, removed, or its file has changed, and now and then for what other
 * servers on the store do. Schedules list `byFlow()` at each `onChange`; `of(flow)` is never behind the store.
 */
export class ActiveTriggers {
  readonly #flows: NamedFlows
  readonly #clock: Clock
  #read: { readonly at: number; readonly triggers: Promise<ReadonlyMap<string, readonly ActiveTrigger[]>> } | undefined

  constructor(flows: NamedFlows, clock: Clock) {
    this.#flows = flows
    this.#clock = clock
    flows.onChange(() => {
      this.#read = undefined
    })
  }

  /** Calls `listener` when triggers have changed here, or may have; returns the way to stop it. */
  onChange(listener: () => void): () => void {
    return this.#flows.onChange(listener)
  }

  /** Of each flow that is published, whether it has triggers or not. */
  byFlow(): Promise<ReadonlyMap<string, readonly ActiveTrigger[]>> {
    const now = this.#clock.now()
    if (this.#read && Math.abs(now - this.#read.at) < FRESH_MS) return this.#read.triggers
    const read = { at: now, triggers: this.#readAll() }
    this.#read = read
    read.triggers.catch(() => {
      if (this.#read === read) this.#read = undefined
    })
    return read.triggers
  }

  /** All of one type. */
  async all<T extends Trigger['type']>(type: T): Promise<ActiveTrigger<Extract<Trigger, { readonly type: T }>>[]> {
    const all = [...(await this.byFlow()).values()].flat()
    return all.filter(({ trigger }) => trigger.type === type) as never // filtered by that
  }

  /** Those of one flow, as the store has them now; undefined if it is not published. */
  async of(flow: string): Promise<readonly ActiveTrigger[] | undefined> {
    const read = await this.#flows.published(flow)
    return read && triggersIn(flow, read)
  }

  async #readAll(): Promise<ReadonlyMap<string, readonly ActiveTrigger[]>> {
    const found = new Map<string, readonly ActiveTrigger[]>()
    for await (const [flow, read] of this.#flows.allPublished()) found.set(flow, triggersIn(flow, read))
    return found
  }
}

// ---

/** What other servers publish is seen after that. */
const FRESH_MS = 5_000

function triggersIn(flow: string, { info }: ReadFlow): readonly ActiveTrigger[] {
  return info?.triggers.map((trigger, index) => ({ flow, index, trigger })) ?? []
}
