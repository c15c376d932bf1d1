// The tools over stdin and stdout, for a client that starts this program itself: with an engine of its own, which drives the
// runs that it begins and no others, whether or not a server has the same store.

import type { Readable, Writable } from 'node:stream'
import { type OpenOptions, openServices } from '../open-services.ts'

export interface ServeToolsOptions extends OpenOptions {
  readonly input: Readable
  /** Nobody else may write to it. */
  readonly output: Writable
}

export interface ServedTools {
  /** The client has gone. */
  readonly gone: Promise<void>
  /** Calls under way may end for so long. */
  close(drainMs?: number): Promise<void>
}

export async function serveTools(options: ServeToolsOptions): Promise<ServedTools> {
  const { input, output, mcpTools = 'named', log = () => {} } = options
  // Who starts a program may do all that it can.
  const caller = { role: 'admin' } as const
  const door = { basePath: '', hosts: [], origins: [], access: () => ({ callerOf: () => caller }) }
  // A server that listens is made of the same file, and starts without the library.
  const [{ StdioServerTransport, serveStdio }, { ToolServers }] = await Promise.all([
    import('@modelcontextprotocol/server/stdio'),
    import('./tool-server.ts'),
  ])
  const { services, closing, closeAll } = await openServices({ ...options, door })
  const { engine, life } = services
  const servers = new ToolServers(services, mcpTools)
  closing.push(() => servers.close())
  const gone = new Promise<void>((resolve) => {
    input.once('end', resolve).once('close', resolve)
    output.once('error', () => resolve())
  })
  life.ready()
  const handle = serveStdio(
    () => {
      const server = servers.create(caller)
      closing.push(servers.onChange(() => void server.sendToolListChanged().catch(() => {})))
      return server
    },
    {
      transport: new StdioServerTransport(input, output, { maxBufferSize: MOST_BYTES }),
      onerror: (error) => log('debug', `MCP: ${error.message}`),
    },
  )
  closing.push(() => handle.close())
  return {
    gone,
    async close(drainMs = 0) {
      life.drain()
      await engine.close({ drainMs })
      await closeAll()
    },
  }
}

// ---

/** Of a message: what the HTTP API takes, too. */
const MOST_BYTES = 16 * 1024 * 1024
