// stepflow serve: the HTTP API over a store, until a signal ends it. The server itself is loaded when it starts.

import { join } from 'node:path'
import { FlowError } from '@stepflow/engine'
import type { StartedServer } from '@stepflow/server'
import { usage } from '../args.ts'
import { type Args, type Command, flowOptions } from '../command.ts'
import { NO_ENGINE } from '../elsewhere/no-engine.ts'
import { type Greeted, greeting } from '../greeting.ts'
import { createMessages } from '../messages.ts'
import { liveNode } from '../node-life.ts'
import { capacityOf, drainMsOf, drainOption, migrateOf, nodeNameOf, nodeOptions, portOf } from '../node-options.ts'
import { shellWord } from '../progress/watch-waits.ts'
import { openOption, openPage } from '../run-line.ts'
import { variableOptions } from '../sources.ts'
import { blobsOption, DEFAULT_STORE, storeNamed, storeOption } from '../store-option.ts'
import { version } from '../version.ts'

export const serve: Command = {
  name: 'serve',
  summary: 'serve the HTTP API',
  operands: '',
  options: [
    { name: 'port', value: 'N', does: 'the port; 0 takes any that is free', default: '7837' },
    { name: 'host', value: 'HOST', does: 'the address to listen on', default: '127.0.0.1' },
    { name: 'flows', value: 'DIR', does: 'the folder of flows', default: 'flows' },
    {
      name: 'allow-host',
      value: 'NAME',
      many: true,
      does: 'a name by which others reach the server; everybody needs a token then',
    },
    { name: 'cors', value: 'ORIGIN', many: true, does: 'an origin whose pages may use the API: https://example.org' },
    { name: 'mcp', value: 'all', does: 'every published flow is a tool of MCP clients, not only those that say so' },
    { name: 'base-path', value: 'PATH', does: 'what all paths begin with, behind a proxy: /stepflow' },
    ...flowOptions.filter(({ name }) => name === 'config'),
    { ...storeOption, default: `the one of the configuration, or ${DEFAULT_STORE}` },
    blobsOption,
    ...variableOptions.filter(({ name }) => name === 'secrets'),
    ...nodeOptions,
    drainOption,
    { ...openOption, does: 'open the page in the browser' },
    { name: 'json', does: 'print one line of JSON when the server is ready, for programs' },
  ],
  elsewhere: { engine: NO_ENGINE },
  examples: [
    { does: 'serve on this machine, with runs in .stepflow/', line: 'stepflow serve' },
    { does: 'another folder of flows, another port', line: 'stepflow serve --flows my-flows --port 8080' },
  ],
  async run(args, io) {
    const messages = createMessages(args, io)
    const drainMs = drainMsOf(serve, args)
    const node = { capacity: capacityOf(serve, args), nodeName: nodeNameOf(serve, args) }
    const { serve: start } = await import('@stepflow/server')
    return liveNode({
      drainMs,
      messages,
      start: (end) =>
        start({
          cwd: io.cwd,
          env: io.env,
          version,
          host: args.value('host'),
          port: portOf(serve, args),
          ...node,
          migrate: migrateOf(args),
          onUnfit: end,
          allowHosts: args.values('allow-host'),
          cors: args.values('cors'),
          basePath: args.value('base-path'),
          configFile: args.value('config'),
          secretsFile: args.value('secrets'),
          store: storeNamed(serve, args, io),
          blobs: args.value('blobs'),
          flowsDir: args.value('flows'),
          mcpTools: mcpToolsOf(args),
          log: messages.log,
          onLost: () => end('lost'),
        }).catch(asUsage),
      async begun(server) {
        const { url, resumedRuns, schedules, webhooks, flows } = server
        for (const line of greeting(greeted(server, args), io.terminal.color.err)) messages.hint(line)
        if (args.has('json')) io.out(`${JSON.stringify({ url, resumedRuns, schedules, webhooks, flows })}\n`)
        if (args.has('open')) await openPage(`${url}/`, io, messages)
      },
    })
  },
}

// ---

function greeted(server: StartedServer, args: Args): Greeted {
  const { url, flows, broken, schedules, webhooks, resumedRuns, needsToken } = server
  const folder = args.value('flows') ?? 'flows'
  const words = ['store', 'config'].flatMap((name) => {
    const value = args.value(name)
    return value === undefined ? [] : [`--${name}`, shellWord(value)]
  })
  return {
    version,
    url,
    flows,
    broken: broken.map((one) => ({ ...one, file: join(folder, one.file ?? '') })),
    schedules,
    webhooks,
    resumedRuns,
    ...(needsToken ? { tokenCommand: ['stepflow tokens create --role operator', ...words].join(' ') } : {}),
  }
}

function mcpToolsOf(args: Args): 'all' | undefined {
  const text = args.value('mcp')
  if (text === undefined || text === 'all') return text
  throw usage(serve, `--mcp is "${text}", but can only be all`)
}

/** A store that another server has is a wrong --store. */
function asUsage(thrown: unknown): never {
  if (FlowError.is(thrown) && thrown.code === 'CONFLICT') {
    throw new FlowError('INVALID_INPUT', thrown.message, { cause: thrown })
  }
  throw thrown
}
