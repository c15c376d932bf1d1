// stepflow mcp: this machine's flows as tools of an MCP client that starts the program itself. Stdout is the protocol's.

import { createReadStream, createWriteStream } from 'node:fs'
import { type Command, flowOptions } from '../command.ts'
import { DRAIN_MS, onInterrupt } from '../interrupts.ts'
import { createMessages } from '../messages.ts'
import { variableOptions } from '../sources.ts'
import { blobsOption, DEFAULT_STORE, storeNamed, storeOption } from '../store-option.ts'
import { version } from '../version.ts'

export const mcp: Command = {
  name: 'mcp',
  summary: 'serve the flows as MCP tools over stdin and stdout',
  operands: '',
  options: [
    { name: 'flows', value: 'DIR', does: 'the folder of flows', default: 'flows' },
    { name: 'all', does: 'every published flow is a tool, not only those that say so' },
    ...flowOptions.filter(({ name }) => name === 'config'),
    { ...storeOption, default: `the one of the configuration, or ${DEFAULT_STORE}` },
    blobsOption,
    ...variableOptions.filter(({ name }) => name === 'secrets'),
  ],
  examples: [
    { does: 'what an assistant starts, to have the flows in ~/flows as tools', line: 'stepflow mcp --flows ~/flows' },
  ],
  async run(args, io) {
    const { log } = createMessages(args, io)
    const { serveTools } = await import('@stepflow/server')
    let end = () => {}
    const interrupted = new Promise<void>((resolve) => {
      end = resolve
    })
    const restore = onInterrupt(end)
    try {
      const tools = await serveTools({
        cwd: io.cwd,
        env: io.env,
        version,
        configFile: args.value('config'),
        secretsFile: args.value('secrets'),
        store: storeNamed(mcp, args, io),
        blobs: args.value('blobs'),
        flowsDir: args.value('flows'),
        mcpTools: args.has('all') ? 'all' : 'named',
        log,
        input: createReadStream('', { fd: io.fds.in, autoClose: false }),
        output: createWriteStream('', { fd: io.fds.out, autoClose: false }),
      })
      await Promise.race([tools.gone, interrupted])
      await tools.close(DRAIN_MS)
      return 0
    } finally {
      restore()
    }
  },
}
