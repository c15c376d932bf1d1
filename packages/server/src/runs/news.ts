// Waits until a store has something new: of one run, or of any. Nothing is held but that there is.

import type { Clock, RunId, Store } from '@stepflow/engine'

export class News {
  readonly #stop: () => void
  readonly #clock: Clock
  readonly #signal: AbortSignal | undefined
  #isNew = false
  #tell = () => {}

  /** `logs`: lines of logs are news, too. */
  constructor(of: { store: Store; run: RunId | undefined; logs: boolean }, clock: Clock, signal?: AbortSignal) {
    this.#clock = clock
    this.#signal = signal
    const tell = () => {
      this.#isNew = true
      this.#tell()
    }
    const { store, run, logs } = of
    this.#stop = store.watch({ ...(run === undefined ? {} : { run }), ...(logs ? { onLog: tell } : {}) }, tell)
    signal?.addEventListener('abort', () => this.#tell(), { once: true })
  }

  /** `quiet`: nothing for so long. */
  async next(mostMs: number): Promise<'new' | 'quiet' | 'gone'> {
    if (!this.#isNew && !this.#signal?.aborted) {
      let cancel = () => {}
      await new Promise<void>((resolve) => {
        this.#tell = resolve
        cancel = this.#clock.timer(mostMs, resolve)
      })
      cancel()
      this.#tell = () => {}
    }
    if (this.#signal?.aborted) return 'gone'
    const isNew = this.#isNew
    this.#isNew = false
    return isNew ? 'new' : 'quiet'
  }

  /** Somebody asks to look again. */
  look(): void {
    this.#isNew = true
    this.#tell()
  }

  stop(): void {
    this.#stop()
  }
}
