// stepflow worker: a node more on a store in PostgreSQL, without an API. It drives shards of runs until a signal ends it.

import { usage } from '../args.ts'
import { type Command, flowOptions } from '../command.ts'
import { engineNamed, engineOption, refuseOptions } from '../elsewhere/engine-option.ts'
import { createMessages } from '../messages.ts'
import { liveNode } from '../node-life.ts'
import { capacityOf, drainMsOf, drainOption, migrateOf, nodeNameOf, nodeOptions, portOf } from '../node-options.ts'
import { variableOptions } from '../sources.ts'
import { blobsOption, storeNamed, storeOption } from '../store-option.ts'
import { version } from '../version.ts'

export const worker: Command = {
  name: 'worker',
  summary: 'work on the runs of a store in PostgreSQL, or of a Temporal cluster',
  operands: '',
  options: [
    {
      ...storeOption,
      does: 'postgres://USER@HOST/DATABASE (also STEPFLOW_STORE)',
      default: 'the one of the configuration',
    },
    engineOption,
    blobsOption,
    ...nodeOptions,
    { name: 'flows', value: 'DIR', does: 'the folder of flows', default: 'flows' },
    ...flowOptions.filter(({ name }) => name === 'config'),
    ...variableOptions.filter(({ name }) => name === 'secrets'),
    { name: 'port', value: 'N', does: 'where /health, /ready and /metrics are answered; 0 takes any that is free' },
    { name: 'host', value: 'HOST', does: 'the address of that port', default: '127.0.0.1' },
    drainOption,
    { name: 'json', does: 'print one line of JSON when the worker is ready, for programs' },
  ],
  examples: [
    { does: 'a node more', line: 'stepflow worker --store postgres://me@db.example/runs' },
    { does: 'one that probes can ask', line: 'stepflow worker --store postgres://me@db.example/runs --port 7838' },
    {
      does: 'a worker of a Temporal cluster',
      line: "stepflow worker --engine 'temporal://temporal.example:7233/default?task_queue=flows'",
    },
  ],
  async run(args, io) {
    const messages = createMessages(args, io)
    const drainMs = drainMsOf(worker, args)
    const asked = { capacity: capacityOf(worker, args), nodeName: nodeNameOf(worker, args), port: portOf(worker, args) }
    const engine = engineNamed(worker, args, io, ['store'])
    if (engine !== undefined) {
      refuseOptions(worker, args, ['port', 'host'], 'Temporal itself says which workers poll a task queue')
      refuseOptions(worker, args, ['no-migrate'], 'a cluster has no schema of ours')
      if (asked.capacity === 0)
        throw usage(worker, '--capacity 0 does not go with --engine: a worker there takes calls')
      const { workOn } = await import('../elsewhere/worker-elsewhere.ts')
      return workOn({ url: engine, args, io, messages, drainMs, ...asked })
    }
    const { work } = await import('@stepflow/server')
    return liveNode({
      drainMs,
      messages,
      start: (end) =>
        work({
          ...asked,
          migrate: migrateOf(args),
          onUnfit: end,
          cwd: io.cwd,
          env: io.env,
          version,
          host: args.value('host'),
          configFile: args.value('config'),
          secretsFile: args.value('secrets'),
          store: storeNamed(worker, args, io),
          blobs: args.value('blobs'),
          flowsDir: args.value('flows'),
          log: messages.log,
        }),
      begun(node) {
        const { id, name, capacity, url } = node
        messages.hint(
          `worker ${name} takes up to ${capacity} shards at once${url === undefined ? '' : `; probes: ${url}`}`,
        )
        if (args.has('json'))
          io.out(`${JSON.stringify({ id, name, capacity, ...(url === undefined ? {} : { url }) })}\n`)
      },
    })
  },
}
