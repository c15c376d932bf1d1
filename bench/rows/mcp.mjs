// How fast a tool of an MCP server is called, 16 in flight, against the official client alone over its own pipe to the same
// server.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { callContext } from '../call-context.mjs'
import { line, median, number, takeTurns, timed } from '../measure.mjs'
import { isQuick, path, scratch } from '../programs.mjs'

const CALLS = isQuick ? 1_000 : 10_000
const IN_FLIGHT = 16
const INPUT = { text: 'sixty bytes or so of input, as a step may have' }

/** In bare lines: what it costs itself is little, and the same for both. */
const SERVER = `
import { createInterface } from 'node:readline'
const answers = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'bench', version: '1' } }),
  'tools/list': () => ({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }),
  'tools/call': ({ arguments: given }) => ({ content: [], structuredContent: given }),
}
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined) return
  const answer = answers[method] ? { result: answers[method](params) } : { error: { code: -32601, message: 'no' } }
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\\n')
})`

export async function measure() {
  const { createMcpPlugin } = await import(pathToFileURL(path('packages/host/dist/plugins/mcp/plugin.js')).href)
  const program = join(scratch(), 'mcp-server.mjs')
  writeFileSync(program, SERVER)
  const place = { command: process.execPath, args: [program], env: {} }
  const plugin = createMcpPlugin({ name: 'bench', place })
  const client = new Client({ name: 'bench', version: '1' })
  await client.connect(new StdioClientTransport(place))
  await client.listTools()
  const echo = plugin.resolve('/echo')
  const context = callContext()
  const { signal } = context
  try {
    const { floors, subjects, ratios } = await takeTurns(
      () => timed(() => all(() => client.callTool({ name: 'echo', arguments: INPUT }, { signal }))),
      () => timed(() => all(() => echo.call(INPUT, context))),
    )
    const rate = (values) => number((CALLS / median(values)) * 1000)
    const note = `${rate(subjects)} calls/s; the client alone: ${rate(floors)}`
    const what = 'a tool of an MCP server, 16 calls in flight'
    return [line({ what, goal: '<= 1.5x the official client', limit: 1.5, values: ratios, note })]
  } finally {
    await plugin.stop()
    await client.close()
  }
}

// ---

function all(call) {
  let left = CALLS
  const caller = async () => {
    while (left-- > 0) await call()
  }
  return Promise.all(Array.from({ length: IN_FLIGHT }, caller))
}
