// stepflow runs export, import: a run as one JSON file, and back.

import { FlowError } from '@stepflow/engine'
import { readText } from '@stepflow/host'
import { exportRun as exportRecorded, importRun as importInto, summaryOf } from '@stepflow/host/history'
import { outputOf } from '../args.ts'
import { version } from '../version.ts'
import { checkWritable, writeNew } from '../write-file.ts'
import { type Action, jsonOption, secretsOption } from './action.ts'

export const exportRun: Action = {
  name: 'runs export',
  summary: 'write a run as one JSON file, without secrets',
  operands: 'ID',
  options: [
    { name: 'output', short: 'o', value: 'FILE', does: 'the file for the export', default: 'stdout' },
    { name: 'force', short: 'f', does: 'overwrite the output file' },
    secretsOption,
  ],
  examples: [{ does: 'a file that `runs import` reads', line: 'stepflow runs export ID --output run.json' }],
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
    writeNew(output, text, 'the export', io.cwd, args.has('force') ? 'overwrite' : 'refuse')
    messages.hint(`run ${recorded.row.id} is in ${output}`)
    return 0
  },
}

export const importRun: Action = {
  name: 'runs import',
  summary: 'read an exported run into a store, under the same id',
  operands: 'FILE',
  options: [{ ...jsonOption, does: 'print the run summary' }],
  examples: [
    { does: 'import a run into another store', line: 'stepflow runs import run.json --store sqlite:other.db' },
  ],
  makesStore: true,
  async run({ args, io, store, reader, messages, operands }) {
    const [file] = operands as [string] // there as its operands say
    const { run, isNew } = await importInto(store, reader, readText(file, 'the export', io.cwd), file)
    if (args.has('json')) io.out(`${JSON.stringify(summaryOf((await reader.open(run)).row))}\n`)
    else messages.hint(isNew ? `run ${run} is imported` : `run ${run} was there already, with the same content`)
    return 0
  },
}
