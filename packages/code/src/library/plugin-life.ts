// The plugins of an engine from its first run to its end: started together when something is to be run, stopped at the close.

import type { Log, Plugin } from '@stepflow/engine'

export class PluginLife {
  readonly #plugins: readonly Plugin[]
  readonly #log: Log
  #started: Promise<void> | undefined

  constructor(plugins: readonly Plugin[], log: Log) {
    this.#plugins = plugins
    this.#log = log
  }

  /** Resolves when all have started; undefined if there is nothing to wait for. Rejects with what kept one from it. */
  start(): Promise<void> | undefined {
    if (!this.#plugins.some((plugin) => plugin.start)) return undefined
    this.#started ??= this.#start()
    return this.#started
  }

  /** One that cannot be stopped keeps no other from it. */
  async stop(): Promise<void> {
    await this.#started?.catch(() => {}) // whoever waited for it was told
    const stopped = await Promise.allSettled(this.#plugins.map(async (plugin) => plugin.stop?.()))
    for (const [i, one] of stopped.entries()) {
      if (one.status === 'rejected')
        this.#log('warning', `plugin "${this.#plugins[i]?.name}" did not stop: ${one.reason}`)
    }
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
