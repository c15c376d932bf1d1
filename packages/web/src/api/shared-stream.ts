// One stream of what happens at the server, for all tabs of a browser: it has six connections to a server, and a seventh tab would
// wait for ever. Knows no page and no worker: both tell it what a tab wants.
//
// S1  It is open as long as somebody looks at one of the tabs, and goes on where it was when it was closed.
// S2  A tab that nobody looks at is told nothing. If it has missed something, it is told so when it is looked at again.

import { StepflowClient } from '@stepflow/api/client'
import { FlowError } from '@stepflow/engine'

export type Connection = 'open' | 'connecting' | 'closed'

/** What a tab tells. `here`: somebody looks at it, and wants lines of logs or not; `again`: as somebody else, who has signed in. */
export type FromTab = { readonly is: 'here'; readonly wantsLogs: boolean } | { readonly is: 'away' | 'gone' | 'again' }

export type ToTab =
  | { readonly event: string; readonly data: unknown }
  /** What was missed cannot be told: everything is to be read again. */
  | { readonly is: 'reset' }
  | Standing

/** How the stream stands, and since when; `refused`: with which code. */
export interface Standing {
  readonly is: Connection
  readonly since: number
  readonly refused?: string
}

interface Tab {
  readonly tell: (message: ToTab) => void
  isHere: boolean
  wantsLogs: boolean
  hasMissed: boolean
}

/** Lines of logs are many, and come while somebody looks at some. */
const ALWAYS = ['run', 'items', 'wait', 'flow']
/** After it was refused. */
const ASK_AGAIN_MS = 5_000

export class SharedStream {
  readonly #client: StepflowClient
  readonly #tabs = new Set<Tab>()
  #place: string | undefined
  #hasGap = false
  #over: AbortController | undefined
  #hasLogs = false
  #standing: Standing = { is: 'closed', since: Date.now() }

  constructor(url: string) {
    this.#client = new StepflowClient({ url })
  }

  /** What is answered takes what the tab tells. */
  join(tell: (message: ToTab) => void): (message: FromTab) => void {
    const tab: Tab = { tell, isHere: false, wantsLogs: false, hasMissed: false }
    return (message) => this.#hear(tab, message)
  }

  // ---

  #hear(tab: Tab, message: FromTab): void {
    if (message.is === 'again') return this.#openAgain()
    if (message.is === 'gone') this.#tabs.delete(tab)
    else this.#tabs.add(tab)
    tab.isHere = message.is === 'here'
    tab.wantsLogs = message.is === 'here' && message.wantsLogs
    if (message.is === 'gone') tab.hasMissed = true
    if (tab.isHere) {
      tab.tell(this.#standing)
      if (tab.hasMissed) tab.tell({ is: 'reset' })
      tab.hasMissed = false
    }
    this.#openOrClose()
  }

  #openOrClose(): void {
    const here = [...this.#tabs].filter(({ isHere }) => isHere)
    if (here.length === 0) {
      this.#close()
      return this.#become('closed')
    }
    const hasLogs = here.some(({ wantsLogs }) => wantsLogs)
    if (this.#over && hasLogs === this.#hasLogs) return
    this.#hasLogs = hasLogs
    this.#openAgain()
  }

  #openAgain(): void {
    this.#close()
    const over = new AbortController()
    this.#over = over
    this.#become('connecting')
    void this.#follow(over.signal)
  }

  #close(): void {
    this.#over?.abort()
    this.#over = undefined
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const following = {
          topics: this.#hasLogs ? [...ALWAYS, 'log'] : ALWAYS,
          signal,
          reconnectMs: Number.POSITIVE_INFINITY,
          onAway: () => {
            if (!signal.aborted) this.#become('connecting')
          },
          onPlace: (place: string) => {
            if (!signal.aborted) this.#reach(place)
          },
          ...(this.#place === undefined ? {} : { after: this.#place }),
        }
        for await (const { event, data } of this.#client.getEvents(following, { kind: 'all' })) {
          if (signal.aborted) return
          this.#tellAll(event === 'reset' ? { is: 'reset' } : { event, data })
        }
      } catch (thrown) {
        if (signal.aborted) return
        // As somebody else, or of another store: there the place may be none.
        this.#place = undefined
        this.#hasGap = true
        this.#become('connecting', FlowError.is(thrown) ? thrown.code : 'ERROR')
        await pause(ASK_AGAIN_MS, signal)
      }
    }
  }

  #reach(place: string): void {
    this.#place = place
    this.#become('open')
    if (this.#hasGap) this.#tellAll({ is: 'reset' })
    this.#hasGap = false
  }

  #tellAll(message: ToTab): void {
    for (const tab of this.#tabs) {
      if (tab.isHere) tab.tell(message)
      else tab.hasMissed = true
    }
  }

  #become(connection: Connection, refused?: string): void {
    const { is, since, refused: before } = this.#standing
    if (is === connection && before === refused) return
    this.#standing = {
      is: connection,
      since: is === connection ? since : Date.now(),
      ...(refused === undefined ? {} : { refused }),
    }
    for (const tab of this.#tabs) if (tab.isHere) tab.tell(this.#standing)
  }
}

// ---

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
