// What the tests of MCP servers share: a plugin over a real server, whose log can be read, and calls of its tools.

import { fileURLToPath } from 'node:url'
import type { CallContext, Plugin } from '@stepflow/engine'
import type { ManualClock } from '@stepflow/engine/testing'
import { expect, onTestFinished } from 'vitest'
import { createMcpPlugin, type McpPluginOptions } from '../src/plugins/mcp/plugin.ts'

export interface TestPlugin extends Plugin {
  run(tool: string, input?: unknown, over?: Partial<CallContext>): Promise<unknown>
  /** All that has been logged so far: `level: message`. */
  readonly lines: string[]
}

/** A FlowError of that code whose message has these parts, in order. */
export function failing(code: string, ...parts: string[]) {
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^]*')
  return expect.objectContaining({ code, message: expect.stringMatching(new RegExp(pattern)) })
}

/** Moves time on until a promise has settled, and gives it. */
export async function inTime<T>(promise: Promise<T>, clock: ManualClock): Promise<T> {
  let isSettled = false
  promise
    .catch(() => {})
    .finally(() => {
      isSettled = true
    })
  while (!isSettled) await clock.advance(1000)
  return promise
}

/** Over the server in bare lines, in one of its modes. */
export function rawPlugin(mode = 'good', { args = [], ...over }: Partial<McpPluginOptions> & { args?: string[] } = {}) {
  const server = fileURLToPath(new URL('./fixtures/mcp/raw-server.mjs', import.meta.url))
  return mcpPlugin({ place: { command: process.execPath, args: [server, mode, ...args], env: {} }, ...over })
}

export function mcpPlugin(options: Omit<McpPluginOptions, 'name'>): TestPlugin {
  const lines: string[] = []
  const plugin = createMcpPlugin({
    name: 'test',
    log: (level, message, data) => {
      lines.push(`${level}: ${message}${data === undefined ? '' : ` ${JSON.stringify(data)}`}`)
    },
    ...options,
  })
  onTestFinished(async () => plugin.stop?.())
  return Object.assign(plugin, {
    lines,
    run: async (tool: string, input: unknown = {}, over: Partial<CallContext> = {}) =>
      plugin.resolve(tool)?.call(input, { ...contextOf(), ...over }),
  })
}

/** A call's context, as far as a plugin looks at it that starts no runs. */
function contextOf(): CallContext {
  return {
    signal: new AbortController().signal,
    stepId: 'step',
    started: () => {},
    log: () => {},
    redaction: <T>(value: T) => value,
  } as unknown as CallContext // the rest is for runs, blobs and parks
}
