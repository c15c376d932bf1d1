// stepflow migrate: brings the schema of a store in PostgreSQL to this version, before nodes are replaced by newer ones.

import { usage } from '../args.ts'
import type { Command } from '../command.ts'
import { namedStore, whichStore } from '../open-store.ts'

export const migrate: Command = {
  name: 'migrate',
  summary: 'bring the schema of a store in PostgreSQL to this version',
  operands: '',
  options: [
    { name: 'check', does: 'only print what there is to do: exit 1 if there is something' },
    { name: 'json', does: 'print {from, to}: the versions of the schema before and now' },
    ...whichStore,
  ],
  examples: [
    { does: 'before newer nodes start', line: 'stepflow migrate --store postgres://me@db.example/runs' },
    { does: 'is there anything to do?', line: 'stepflow migrate --check --store postgres://me@db.example/runs' },
  ],
  async run(args, io) {
    const place = await namedStore({ command: migrate, args, io })
    if (place.type !== 'postgres') {
      throw usage(migrate, 'is for stores in PostgreSQL; a file is brought to this version whenever it is opened')
    }
    const { migrateStore } = await import('@stepflow/host')
    const isCheck = args.has('check')
    const { from, to } = await migrateStore(place.url, isCheck)
    if (args.has('json')) io.out(`${JSON.stringify({ from, to })}\n`)
    else if (from === to) io.out(`schema ${to} is this version\n`)
    else io.out(isCheck ? `schema ${from} is to become ${to}\n` : `schema ${from} has become ${to}\n`)
    return isCheck && from !== to ? 1 : 0
  },
}
