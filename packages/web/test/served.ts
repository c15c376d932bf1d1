// `stepflow serve` of the built program over a folder of flows, for tests of the page. Not a test.

import { afterAll, beforeAll, expect, vi } from 'vitest'
import { folderWith } from '../../stepflow/test/cli.ts'
import { serving } from '../../stepflow/test/serving.ts'

const FLOWS = {
  'flows/orders.yaml': `name: orders
steps:
  - { id: fetch, component: /builtin/noop, input: { $input: $ } }
  - { id: score, component: /builtin/noop, input: { $step: fetch } }
  - { id: audit, component: /builtin/noop, skip_if: { $input: small }, input: { $step: score } }
output: { $step: score }
`,
  'flows/triage.yaml': `name: ticket-triage
steps:
  - { id: fetch, component: /builtin/noop, input: { $input: $ } }
  - { id: classify, component: /builtin/http, input: { url: 'ftp://nowhere', body: { $step: fetch } } }
  - { id: route, component: /builtin/noop, input: { $step: classify } }
output: { $step: route }
`,
  'flows/release.yaml': `name: release-notes
steps:
  - { id: draft, component: /builtin/noop, input: { $input: $ } }
  - { id: approve, component: /builtin/wait_for_signal, input: { name: approve, context: { $step: draft } } }
output: { $step: approve }
`,
  'flows/asks.yaml': `name: asks
steps:
  - { id: draft, component: /builtin/noop, input: { text: Now faster } }
  - id: approve
    component: /builtin/wait_for_signal
    input:
      name: approve
      title: Send the notes?
      description: They go to every customer.
      context: { $step: draft }
      schema:
        type: object
        properties: { ok: { type: boolean, title: Send them }, count: { type: integer, title: How many } }
        required: [count]
output: { $step: approve }
`,
  'flows/nightly.yaml': `name: nightly
triggers: [{ schedule: '0 7 * * *', timezone: Europe/Berlin }]
steps: [{ id: a, component: /builtin/noop, input: 1 }]
output: { $step: a }
`,
}

/** A step that does two steps for each of its items, of which the second fails where the item is not good; as lines of YAML. */
export const eachOf = (items: string) => `  - id: each
    component: /builtin/map
    input:
      items: ${items}
      workflow:
        $literal:
          steps:
            - { id: parse, component: /builtin/noop, input: { $input: $ } }
            - { id: fetch, component: /builtin/http, skip_if: { $input: good }, input: { url: 'ftp://nowhere' } }
          output: { $step: parse }`

export interface Served {
  readonly folder: string
  readonly url: string
  readonly call: (path: string, init?: RequestInit) => Promise<Answer>
  readonly post: (path: string, body: unknown) => Promise<{ runId: string }>
  /** Kills the server; what it answers starts it again, at the same address. */
  readonly stop: () => Promise<() => Promise<void>>
  /** Starts a flow, and answers the run's id when nothing moves any more. */
  readonly start: (flowName: string, input?: unknown) => Promise<string>
}

/** What the tests read of the API's answers. */
export interface Answer {
  readonly runId: string
  readonly status: string
  readonly items: { readonly waiting: number }
}

export interface ServedOptions {
  readonly files?: Readonly<Record<string, string>>
  /** More of the command line. */
  readonly words?: readonly string[]
  /** One that is there already, with what `files` has. */
  readonly folder?: string
  /** With the test, unless told. */
  readonly whenOver?: (end: () => Promise<void>) => void
}

/** One for all tests of the file or block in which it is asked for; `begin` is done once it is there. */
export function servedToAll(options: ServedOptions, begin: (at: Served) => Promise<void> = async () => {}): Served {
  const at = {} as Served // filled before anybody asks it
  let end = async () => {}
  const whenOver = (kill: () => Promise<void>) => {
    end = kill
  }
  beforeAll(async () => begin(Object.assign(at, await served({ ...options, whenOver }))))
  afterAll(() => end())
  return at
}

/** Started with a folder of flows; ends with the test. */
export async function served({
  files = FLOWS,
  words = [],
  folder = folderWith(files).folder,
  whenOver,
}: ServedOptions = {}): Promise<Served> {
  const { url, kill } = await serving(folder, '0', whenOver, words)
  const call = async (path: string, init?: RequestInit): Promise<Answer> => {
    const answer = await fetch(`${url}/api/v1${path}`, init)
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as Answer
  }
  const post = (path: string, body: unknown) =>
    call(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return {
    url,
    folder,
    call,
    post,
    async stop() {
      await kill()
      return async () => void (await serving(folder, new URL(url).port, undefined, words))
    },
    async start(flowName, input = { small: false }) {
      const { runId } = await post('/runs', { flowName, input })
      await vi.waitFor(
        async () => {
          const { status, items } = await call(`/runs/${runId}`)
          expect(status === 'completed' || status === 'failed' || items.waiting === 1).toBe(true)
        },
        { timeout: 50_000, interval: 50 },
      )
      return runId
    },
  }
}
