// stepflow runs export, import: a run as one JSON file, and back.

import { FlowError } from '@stepflow/engine'
import { readText } from '@stepflow/host'
import { exportRun as exportRecorded, importRun as importInto } from '@stepflow/host/history'
import { outputOf } from '../args.ts'
import { version } from '../version.ts'
import { checkWritable, writeText } from '../write-file.ts'
import type { Action } from './action.ts'

export const exportRun: Action = {
  operands: 'ID',
  options: ['output', 'secrets', 'json'],
  async run({ args, io, reader, messages, operands }) {
    const output = outputOf(args)
    if (output !== undefined) checkWritable(output, io.cwd)
    const recorded = await reader.open(operands[0] as string) // there as its operands say
    if (recorded.damage !== undefined) throw new FlowError('RESOURCE_UNAVAILABLE', recorded.damage)
    const text = `${JSON.stringify(await exportRecorded(recorded, version))}\n`
    if (output === undefined) {
      io.out(text)
      return 0
    }
    writeText(output, text, 'the export', io.cwd)
    messages.hint(`run ${recorded.row.id} is in ${output}`)
    return 0
  },
}

export const importRun: Action = {
  operands: 'FILE',
  options: ['json'],
  makesStore: true,
  async run({ args, io, store, messages, operands }) {
    const [file] = operands as [string] // there as its operands say
    const run = await importInto(store, readText(file, 'the export', io.cwd), file)
    if (args.has('json')) io.out(`${JSON.stringify({ id: run })}\n`)
    else messages.hint(`run ${run} is imported`)
    return 0
  },
}
