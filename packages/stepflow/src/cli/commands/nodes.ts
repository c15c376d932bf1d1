// stepflow nodes: the processes that work on a store in PostgreSQL, from the store or from a server on it.

import { usage } from '../args.ts'
import type { Args, Command, Io } from '../command.ts'
import { createMessages } from '../messages.ts'
import { namedStore, whichStore } from '../open-store.ts'
import { atServer, refuseLocal, serverOptions } from '../remote/open-client.ts'
import { tableOf } from '../table.ts'

export const nodes: Command = {
  name: 'nodes',
  summary: 'list the nodes that work on a store in PostgreSQL',
  operands: '',
  options: [...whichStore, ...serverOptions, { name: 'json', does: 'print {nodes: [...]} as the API has it' }],
  examples: [
    { does: 'who works on this store?', line: 'stepflow nodes --store postgres://me@db.example/runs' },
    { does: 'as a server on it has it', line: 'stepflow nodes --url http://127.0.0.1:7837' },
  ],
  async run(args, io) {
    const listed = await list(args, io)
    if (args.has('json')) io.out(`${JSON.stringify(listed)}\n`)
    else if (listed.nodes.length === 0) createMessages(args, io).hint('no node works on this store')
    else {
      const rows = listed.nodes.map((node) => [
        node.name,
        node.status,
        `${node.shards}/${node.capacity}`,
        node.host,
        node.version ?? '',
        node.startedAt,
        node.seenAt,
        node.id,
      ])
      io.out(
        tableOf(['NAME', 'STATUS', 'SHARDS', 'HOST', 'VERSION', 'STARTED', 'SEEN', 'ID'], rows, io.terminal.color.out),
      )
    }
    return 0
  },
}

// ---

async function list(args: Args, io: Io) {
  if (args.value('url') !== undefined) {
    refuseLocal(nodes, args, ['store', 'config'])
    return atServer(args, io, (client) => client.listNodes())
  }
  const place = await namedStore({ command: nodes, args, io })
  if (place.type !== 'postgres') {
    throw usage(nodes, 'is for stores in PostgreSQL, and for servers (--url); a file is worked on by one process')
  }
  const { openStore } = await import('@stepflow/host')
  const { nodeList } = await import('@stepflow/host/history')
  const store = await openStore({ stateStore: place }, { log: createMessages(args, io).log })
  try {
    return nodeList(await store.nodes?.())
  } finally {
    await store.close()
  }
}
