// What the commands that start a node have in common: how much it takes on, what it is called, how it ends.

import { durationOption, usage } from './args.ts'
import type { Args, Command, Option } from './command.ts'

export const nodeOptions: readonly Option[] = [
  {
    name: 'capacity',
    value: 'N',
    does: 'of a store in PostgreSQL: how many shards of runs this node drives at once; 0 takes none',
    default: '64',
  },
  { name: 'name', value: 'NAME', does: 'what this node is called in lists and logs', default: "the host's name" },
  {
    name: 'no-migrate',
    does: 'of a store in PostgreSQL: refuse a schema that is older than this program, instead of bringing it to its version',
  },
]

export const drainOption: Option = {
  name: 'drain',
  value: 'TIME',
  does: 'how long calls that are under way at the end may take',
  default: '10s',
}

/** Longer than that few who end a process wait. */
const DEFAULT_DRAIN_MS = 10_000

export function drainMsOf(command: Command, args: Args): number {
  return durationOption(command, args, 'drain') ?? DEFAULT_DRAIN_MS
}

/** Undefined: as many as the store thinks right. */
export function capacityOf(command: Pick<Command, 'name'>, args: Args): number | undefined {
  const text = args.value('capacity')
  if (text === undefined) return undefined
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw usage(command, `--capacity is "${text}", but must be a whole number from 0 on`)
}

export function nodeNameOf(command: Pick<Command, 'name'>, args: Args): string | undefined {
  const name = args.value('name')
  if (name !== '') return name
  throw usage(command, '--name is empty: leave it out for the name of this machine')
}

/** Undefined: the store's schema is brought to this version. */
export function migrateOf(args: Args): false | undefined {
  return args.has('no-migrate') ? false : undefined
}

export function portOf(command: Pick<Command, 'name'>, args: Args): number | undefined {
  const text = args.value('port')
  if (text === undefined) return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw usage(command, `--port is "${text}", but must be a number from 0 to 65535`)
}

export function goodbye(drainMs: number): string {
  return `shutting down within ${drainMs / 1000} s; a second signal stops at once`
}
