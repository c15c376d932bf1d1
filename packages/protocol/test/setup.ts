// What these tests share: a call's context, and a plugin over a real process whose log can be waited for.

import { EventEmitter } from 'node:events'
import { type CallContext, type Clock, FlowError, type Outcome, type Plugin } from '@stepflow/engine'
import { afterEach } from 'vitest'
import { createServerPlugin, type ServerPluginOptions } from '../src/index.ts'

const open: Plugin[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((plugin) => plugin.stop?.()))
})

export function contextOf({ submit, ...over }: Partial<CallContext> = {}): CallContext {
  const { signal = new AbortController().signal } = over
  let onAbandoned: (() => void) | undefined
  signal.addEventListener('abort', () => onAbandoned?.(), { once: true })
  const blobs = new Map<string, unknown>()
  const runs = new Map<string, readonly Outcome[]>()
  return {
    signal,
    get isAbandoned() {
      return signal.aborted
    },
    onAbandoned(callback) {
      onAbandoned = callback
    },
    attempt: 1,
    idempotencyKey: 'run-1/0/step/1',
    path: '0/0/1',
    timeoutMs: undefined,
    started: () => {},
    putBlob: () => '',
    getBlob: () => null,
    runId: 'run-1',
    stepId: 'step',
    itemIndex: 0,
    woken: undefined,
    turn: undefined,
    outcomes: () => ({}),
    log: () => {},
    redaction: (value) => value,
    blobs: {
      put(value) {
        blobs.set(`blob-${blobs.size}`, value)
        return `blob-${blobs.size - 1}`
      },
      get: (id) => blobs.get(id),
    },
    variables: {},
    plan: () => {
      throw new Error('no plans here')
    },
    flowId: () => 'f'.repeat(64),
    async submit(...args) {
      if (!submit) throw new Error('no runs here')
      const run = await submit(...args)
      runs.set(run.runId, run.outcomes)
      return run
    },
    async getRun(runId, { results } = {}) {
      const outcomes = runs.get(runId)
      if (!outcomes) throw new FlowError('NOT_FOUND', `there is no run ${runId}`)
      const count = (outcome: string) => outcomes.filter((each) => each.outcome === outcome).length
      const items = { success: count('success'), skipped: count('skipped'), failed: count('failed'), cancelled: 0 }
      const status = items.failed > 0 ? 'failed' : 'completed'
      const facts = { runId, status, createdAt: 0, endedAt: 0, items: { total: outcomes.length, ...items } } as const
      return { ...facts, outcomes: results ? outcomes : [] }
    },
    ...over,
  }
}

export interface TestOptions extends Partial<ServerPluginOptions> {
  readonly onLine?: (message: string, data: unknown) => void
}

export interface TestPlugin extends Plugin {
  run(component: string, input?: unknown, over?: Partial<CallContext>): Promise<unknown>
  /** Resolves when a line with this text has been logged. */
  said(text: string): Promise<string>
  /** All that has been logged so far. */
  lines(): readonly string[]
}

export function pluginOf({ onLine, ...over }: TestOptions = {}): TestPlugin {
  const lines: string[] = []
  const logged = new EventEmitter().setMaxListeners(100)
  const plugin = createServerPlugin({
    name: 'test',
    random: () => 0,
    ...over,
    log(_, message, data) {
      lines.push(message)
      onLine?.(message, data)
      logged.emit('line', message)
    },
  })
  open.push(plugin)
  return Object.assign(Object.create(plugin) as Plugin, {
    name: plugin.name,
    components: () => plugin.components(),
    resolve: (name: string) => plugin.resolve(name),
    stop: () => plugin.stop?.(),
    lines: () => lines,
    async run(component: string, input?: unknown, context?: Partial<CallContext>) {
      return plugin.resolve(component)?.call(input, contextOf(context))
    },
    said(text: string) {
      const found = lines.find((line) => line.includes(text))
      if (found !== undefined) return Promise.resolve(found)
      return new Promise<string>((resolve) => {
        logged.on('line', (line: string) => line.includes(text) && resolve(line))
      })
    },
  })
}

export const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url).pathname

/** A plugin over the bare JSON-RPC fixture. */
export function rawPlugin(mode: string = 'good', over: TestOptions = {}): TestPlugin {
  return pluginOf({ command: process.execPath, args: [fixture('raw-server.mjs'), mode], ...over })
}

/** A clock that stands still until it is told. */
export function stillClock() {
  const timers: { at: number; fire: () => void }[] = []
  let now = 0
  const clock: Clock = {
    now: () => now,
    soon: setImmediate,
    timer(ms, fire) {
      const timer = { at: now + ms, fire }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), 1)
    },
  }
  return {
    clock,
    advance(ms: number) {
      now += ms
      for (const timer of timers.filter(({ at }) => at <= now)) {
        timers.splice(timers.indexOf(timer), 1)
        timer.fire()
      }
    },
  }
}
