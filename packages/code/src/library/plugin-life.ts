// The plugins of an engine from its first run to its end: started together when something is to be run, stopped at the close.

import type { Log, Plugin } from '@stepflow/engine'

/** By how many engines of this program each is used. */
const users = new WeakMap<Plugin, number>()

export class PluginLife {
  readonly #plugins: readonly Plugin[]
  readonly #log: Log
  #started: Promise<void> | undefined
  #isUsing = false

  constructor(plugins: readonly Plugin[], log: Log) {
    this.#plugins = plugins
    this.#log = log
  }

  /** Resolves when all have started; undefined if there is nothing to wait for. Rejects with what kept one from it. */
  start(): Promise<void> | undefined {
    this.#use()
    if (!this.#plugins.some((plugin) => plugin.start)) return undefined
    this.#started ??= this.#start()
    return this.#started
  }

  /** Those that no other engine uses. One that cannot be stopped keeps no other from it. */
  async stop(): Promise<void> {
    await this.#started?.catch(() => {}) // whoever waited for it was told
    const unused = this.#leave()
    const stopped = await Promise.allSettled(unused.map(async (plugin) => plugin.stop?.()))
    for (const [i, one] of stopped.entries()) {
      if (one.status === 'rejected') this.#log('warning', `plugin "${unused[i]?.name}" did not stop: ${one.reason}`)
    }
  }

  #use(): void {
    if (this.#isUsing) return
    this.#isUsing = true
    for (const plugin of this.#plugins) users.set(plugin, (users.get(plugin) ?? 0) + 1)
  }

  #leave(): Plugin[] {
    if (!this.#isUsing) return []
    this.#isUsing = false
    for (const plugin of this.#plugins) users.set(plugin, (users.get(plugin) ?? 1) - 1)
    return this.#plugins.filter((plugin) => users.get(plugin) === 0)
  }

  async #start(): Promise<void> {
    try {
      await Promise.all(this.#plugins.map((plugin) => plugin.start?.()))
    } catch (error) {
      // The next run tries again.
      this.#started = undefined
      throw error
    }
  }
}
