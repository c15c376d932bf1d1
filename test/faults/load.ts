// Steady work for nodes under fire: clients that submit runs, ask again wherever somebody answers until they have the results,
// and compare them.

import { setTimeout as wait } from 'node:timers/promises'
import { pick } from '../chance.ts'
import { inputLines, numbers } from '../requests.ts'
import { createLateness } from './after-faults.ts'

export interface LoadOptions {
  /** What its keys begin with. */
  readonly name: string
  /** Where the nodes are; any of them may answer, or none for a while. */
  readonly urls: readonly string[]
  readonly random: () => number
  readonly isOver: () => boolean
}

/** A run that was accepted. */
export interface AcceptedRun {
  readonly id: string
  /** Items at once over all nodes. */
  readonly limit?: number
}

export const flows = {
  work: `name: work
description: Two calls, of which the second fails the first time
steps:
  - { id: a, component: /mine/slow, input: { n: { $input: n }, ms: { $input: ms } } }
  - { id: b, component: /mine/flaky, input: { n: { $step: a }, ms: 1 }, retry: { max_attempts: 2, delay: 50ms, backoff: fixed } }
output: { $step: b }
`,
  parked: `name: parked
description: Waits between two calls
steps:
  - { id: a, component: /mine/slow, input: { n: { $input: n }, ms: 5 } }
  - { id: pause, component: /builtin/wait, needs: [a], input: { duration: 1500ms } }
  - { id: b, component: /mine/slow, needs: [pause], input: { n: { $step: a }, ms: 5 } }
output: { $step: b }
`,
  told: `name: told
description: Waits for a signal after a call
steps:
  - { id: a, component: /mine/slow, input: { n: { $input: n }, ms: 5 } }
  - { id: go, component: /builtin/wait_for_signal, needs: [a], input: { name: go } }
  - { id: b, component: /mine/slow, input: { n: { $step: go, path: n }, ms: 5 } }
output: { $step: b }
`,
}

export class Load {
  readonly accepted: AcceptedRun[] = []
  /** What should not have been. */
  readonly complaints: string[] = []
  readonly #options: LoadOptions
  #keys = 0

  constructor(options: LoadOptions) {
    this.#options = options
  }

  /** Clients that go on until it is over; each then ends with the run that it has begun. */
  async run(clients: number): Promise<void> {
    await Promise.all(numbers(clients).map((client) => this.#client(client)))
  }

  async #client(client: number): Promise<void> {
    const { random, isOver } = this.#options
    while (!isOver()) {
      const kind = Math.floor(random() * 4)
      if (kind === 0) await this.batch(20 + Math.floor(random() * 60), undefined)
      else if (kind === 1) await this.batch(20 + Math.floor(random() * 60), 6)
      else if (client % 2 === 0) await this.#single('parked', Math.floor(random() * 1_000))
      else await this.#told(Math.floor(random() * 1_000))
      await wait(50 + random() * 200)
    }
  }

  async batch(count: number, limit: number | undefined): Promise<void> {
    const query = limit === undefined ? '' : `&maxConcurrent=${limit}`
    // In two pieces: whoever takes them in may be gone in between.
    const text = inputLines(count, 5 + Math.floor(this.#options.random() * 60))
    const id = await this.#accepted('work', text, query)
    this.accepted.push({ id, ...(limit === undefined ? {} : { limit }) })
    await this.#expectResults(id, numbers(count))
  }

  async #single(flow: string, n: number): Promise<void> {
    const id = await this.#accepted(flow, `{"n":${n}}\n`, '')
    this.accepted.push({ id })
    await this.#expectResults(id, [n])
  }

  async #told(n: number): Promise<void> {
    const id = await this.#accepted('told', '{"n":1}\n', '')
    this.accepted.push({ id })
    const at = `/api/v1/runs/${id}/signals/go?id=signal-${id}`
    let isSent = false
    await this.#answered(`the signal to ${id}`, async (url, signal) => {
      const headers = { 'content-type': 'application/json' }
      const asked = fetch(`${url}${at}`, { method: 'POST', headers, body: JSON.stringify({ n }), signal })
      const wasSent = isSent
      isSent = true
      const answer = await asked
      // The answer to the first one was lost, and the run has gone on, or ended, with it.
      return wasSent && answer.status === 409 ? 'sent' : this.#judged(answer, `the signal to ${id}`)
    })
    await this.#expectResults(id, [n])
  }

  /** The id of a run that somebody took in; the same request until then, at anybody. */
  #accepted(flow: string, text: string, query: string): Promise<string> {
    const key = `${this.#options.name}-${this.#keys++}`
    const half = text.indexOf('\n', text.length / 2) + 1
    return this.#answered(`${flow} ${key}`, async (url, signal) => {
      const parts = async function* () {
        yield Buffer.from(text.slice(0, half))
        await wait(100)
        yield Buffer.from(text.slice(half))
      }
      const answer = await fetch(`${url}/api/v1/runs?flowName=${flow}&idempotencyKey=${key}${query}`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/x-ndjson' } },
        ...{ body: ReadableStream.from(parts()), duplex: 'half', signal },
      } as RequestInit)
      const body = await this.#judged(answer, `${flow} ${key}`)
      return (body as { runId: string } | undefined)?.runId
    })
  }

  async #expectResults(id: string, expected: readonly number[]): Promise<void> {
    const found = await this.#answered(`the results of ${id}`, async (url, signal) => {
      const answer = await fetch(`${url}/api/v1/runs/${id}/results`, { signal })
      if (answer.status !== 200) return void (await this.#judged(answer, `the results of ${id}`))
      const lines = (await answer.text()).trim().split('\n')
      // It breaks off where its node goes.
      return lines.length < expected.length ? undefined : lines
    })
    const results = found.map((line) => JSON.parse(line).result)
    if (JSON.stringify(results) !== JSON.stringify(expected)) this.complaints.push(`run ${id} has ${found.join(' ')}`)
  }

  /** Asks anybody, again and again: who is asked may be gone, stopped or cut off. */
  async #answered<T>(what: string, request: (url: string, signal: AbortSignal) => Promise<T | undefined>): Promise<T> {
    const { urls, random, isOver } = this.#options
    const isLate = createLateness(isOver)
    for (;;) {
      const url = pick(random, urls)
      try {
        const value = await request(url, AbortSignal.timeout(10_000))
        if (value !== undefined) return value
      } catch (error) {
        if (error instanceof SyntaxError) throw error
      }
      if (isLate()) throw new Error(`nobody has answered for ${what}`)
      await wait(200)
    }
  }

  /** The body; undefined where the same is asked again. */
  async #judged(answer: Response, what: string): Promise<unknown> {
    const text = await answer.text()
    if (answer.status < 300) return JSON.parse(text)
    // 408: its node was stopped while the request arrived, for longer than a server waits for one.
    if (answer.status !== 503 && answer.status !== 408) this.complaints.push(`${what}: ${answer.status} ${text}`)
    return undefined
  }
}
