// Which named flows have changed: for whoever shows them. How a flow stands is read where flows are; here are only its name and
// what a list needs to notice.

import type { NamedFlows } from '@stepflow/host/named-flows'

export interface FlowChange {
  readonly name: string
  readonly version?: number
  readonly publishedVersion?: number
  readonly removed?: true
}

/** Undefined: some have changed, and nobody knows which. */
type Listener = (change: FlowChange | undefined) => void

export class FlowNews {
  readonly #flows: NamedFlows
  readonly #listeners = new Set<Listener>()
  /** As they were told of last, by name; undefined as long as nobody has looked. */
  #known: Map<string, Known> | undefined
  #stop: (() => void) | undefined
  #looking: Promise<void> | undefined
  #isToLookAgain = false

  constructor(flows: NamedFlows) {
    this.#flows = flows
  }

  /** Calls `listener` for each flow that changes; returns the way to stop it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    if (!this.#stop) {
      this.#stop = this.#flows.onChange(() => this.#changed())
      this.#look()
    }
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      this.#stop?.()
      this.#stop = undefined
      this.#known = undefined
    }
  }

  #changed(): void {
    // Nobody has seen how they stood before.
    if (!this.#known) this.#tell(undefined)
    this.#look()
  }

  #look(): void {
    if (this.#looking) this.#isToLookAgain = true
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined
      if (!this.#isToLookAgain) return
      this.#isToLookAgain = false
      this.#look()
    })
  }

  async #lookOnce(): Promise<void> {
    try {
      const now = await this.#list()
      if (this.#known) this.#compare(this.#known, now)
      this.#known = this.#stop ? now : undefined
    } catch {
      // A store that is away: the next change tells.
    }
  }

  #compare(before: ReadonlyMap<string, Known>, now: ReadonlyMap<string, Known>): void {
    for (const [name, { change, mark }] of now) if (before.get(name)?.mark !== mark) this.#tell(change)
    for (const name of before.keys()) if (!now.has(name)) this.#tell({ name, removed: true })
  }

  #tell(change: FlowChange | undefined): void {
    for (const listener of this.#listeners) listener(change)
  }

  async #list(): Promise<Map<string, Known>> {
    const known = new Map<string, Known>()
    for (const { name, version, publishedVersion, updatedAt, read } of await this.#flows.list()) {
      if (name === undefined) continue
      const change: FlowChange = {
        name,
        ...(version === undefined ? {} : { version: version.version }),
        ...(publishedVersion === undefined ? {} : { publishedVersion }),
      }
      known.set(name, { change, mark: JSON.stringify([change, updatedAt, read.text.length, read.diagnostics.length]) })
    }
    return known
  }
}

// ---

interface Known {
  readonly change: FlowChange
  /** Another one if the flow is another. */
  readonly mark: string
}
