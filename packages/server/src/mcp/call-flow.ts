// Runs a flow because an MCP client calls it: reports how far it is, cancels it if the client does, answers its outcome. The
// run is a run like any other: it is in the list, and goes on if this server ends.

import type { CallToolResult } from '@modelcontextprotocol/server'
import { FlowError, type JournalEntry, type Plan } from '@stepflow/engine'
import { isFlowId } from '@stepflow/host/named-flows'
import type { Caller } from '../access/access.ts'
import { whenAborted } from '../app/gone.ts'
import { waitForEnd } from '../runs/wait-for-end.ts'
import type { Services } from '../services.ts'
import { resultOf } from './tool-result.ts'

export interface FlowCall {
  /** The flow's name, or an id. */
  readonly flow: string
  readonly version?: number | undefined
  readonly input: unknown
  /** By which the client called it. */
  readonly tool: string
  readonly caller: Caller | undefined
  /** The client wants no answer any more. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
  /** Answers what there is by then; without it, the outcome is waited for. */
  readonly timeoutMs?: number | undefined
}

export interface Progress {
  /** Of the flow's steps, how many have ended. */
  readonly done: number
  readonly total: number
  /** What has just ended. */
  readonly step?: { readonly id: string; readonly outcome: string }
}

/** Undefined: it goes on, and its time is over. */
export interface CalledFlow {
  readonly runId: string
  readonly result: CallToolResult | undefined
}

/** Throws what kept the run from being begun. */
export async function callFlow(call: FlowCall, services: Services): Promise<CalledFlow> {
  const { clock, engine, flows, life, runs, starter, store } = services
  const { flow, input, tool, caller, signal, onProgress, timeoutMs = FOREVER_MS } = call
  life.checkReady()
  const by = caller?.name === undefined ? {} : { by: caller.name }
  const named = isFlowId(flow) ? { flowId: flow } : { flowName: flow, flowVersion: call.version }
  const begun = await starter.start({
    flow: await flows.compile(named),
    inputs: [input],
    isSingle: true,
    trigger: { type: 'mcp', tool, ...by },
  })
  const { id } = begun.run
  const over = new AbortController()
  // The server ends: the run goes on with another one.
  const forget = life.onDrain(() => over.abort())
  const cancel = () => {
    if (life.state === 'ready') {
      void engine.signal(id, { name: 'cancel', ...by, reason: 'the MCP client cancelled the call' }).catch(() => {})
    }
    over.abort()
  }
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()
  const progress = new ProgressOf(begun.plan, onProgress)
  try {
    const recorded = await runs.open(id)
    recorded.follow((entries) => progress.see(entries), over.signal)
    const end = await waitForEnd(begun, { clock, store, runs, timeoutMs, whenGone: whenAborted(over.signal) })
    if (!end) throw new FlowError('NOT_FOUND', `run ${id} was removed while it ran`)
    if (!end.isEnded || !end.outcome) return { runId: id, result: undefined }
    // A quick run is over before anybody has seen what happened in it.
    progress.see(await recorded.entriesOf(0))
    progress.end()
    return { runId: id, result: resultOf(end.outcome, id) }
  } finally {
    forget()
    signal.removeEventListener('abort', cancel)
    over.abort()
  }
}

// ---

const FOREVER_MS = 2 ** 31 - 1

/** Counts the steps of a run's one item, each once, and never backwards. */
class ProgressOf {
  readonly #total: number
  /** By number; of what the author has not written, none. */
  readonly #ids: readonly (string | undefined)[]
  readonly #report: (progress: Progress) => void
  readonly #ended = new Set<number>()
  #isOver = false

  constructor(plan: Plan, report: (progress: Progress) => void) {
    this.#ids = plan.steps.map(({ id, hidden }) => (hidden ? undefined : id))
    this.#total = this.#ids.filter((id) => id !== undefined).length
    this.#report = report
    report({ done: 0, total: this.#total })
  }

  see(entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      // What happens inside a step is that step's.
      if (entry.type !== 'settled' || entry.sub !== undefined || this.#isOver) continue
      const id = this.#ids[entry.step]
      if (id === undefined || this.#ended.has(entry.step)) continue
      this.#ended.add(entry.step)
      this.#report({ done: this.#ended.size, total: this.#total, step: { id, outcome: entry.outcome.outcome } })
    }
  }

  end(): void {
    this.#isOver = true
    if (this.#ended.size < this.#total) this.#report({ done: this.#total, total: this.#total })
  }
}
