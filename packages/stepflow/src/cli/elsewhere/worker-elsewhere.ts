// stepflow worker --engine: works on the runs of a cluster until a signal ends it.

import { type WorkerElsewhere, workElsewhere } from '@stepflow/host'
import type { Args, Io } from '../command.ts'
import type { Messages } from '../messages.ts'
import { onSignal } from '../node-life.ts'
import { goodbye } from '../node-options.ts'
import { version } from '../version.ts'

export interface WorkOn {
  readonly url: string
  readonly args: Args
  readonly io: Io
  readonly messages: Messages
  readonly drainMs: number
  readonly capacity?: number | undefined
  readonly nodeName?: string | undefined
}

/** Answers the exit code. */
export async function workOn({ url, args, io, messages, drainMs, capacity, nodeName }: WorkOn): Promise<number> {
  let end: () => void = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const restore = onSignal(end, drainMs)
  let worker: WorkerElsewhere | undefined
  try {
    worker = await workElsewhere({
      ...{ url, version, drainMs, capacity, cwd: io.cwd, env: io.env, log: messages.log, name: nodeName },
      configFile: args.value('config'),
      secretsFile: args.value('secrets'),
      blobs: args.value('blobs'),
      flowsDir: args.value('flows'),
    })
    messages.hint(`worker ${worker.name} works at ${worker.place}`)
    if (args.has('json')) io.out(`${JSON.stringify({ name: worker.name, place: worker.place })}\n`)
    await Promise.race([ended, worker.ended])
    messages.hint(goodbye(drainMs))
    return 0
  } finally {
    restore()
    await worker?.close()
  }
}
