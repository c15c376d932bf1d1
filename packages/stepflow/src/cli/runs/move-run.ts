// stepflow runs export, import: a run as one JSON file, and back.

import { FlowError } from '@stepflow/engine'
import { readText } from '@stepflow/host'
import { exportRun as exportRecorded, importRun as importInto, readExport, summaryOf } from '@stepflow/host/history'
import { outputOf } from '../args.ts'
import { summaryIn } from '../remote/remote-row.ts'
import { version } from '../version.ts'
import { checkWritable, writeNew } from '../write-file.ts'
import { type Action, jsonOption, type RemoteContext, type RunsContext, secretsOption } from './action.ts'

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
  run: (at) =>
    writeExport(at, async (id) => {
      const recorded = await at.reader.open(id)
      if (recorded.damage !== undefined) throw new FlowError('RESOURCE_UNAVAILABLE', recorded.damage)
      return exportRecorded(recorded, version)
    }),
  remote: (at) => writeExport(at, (id) => at.client.exportRun(id)),
}

export const importRun: Action = {
  name: 'runs import',
  summary: 'read an exported run into a store, under the same id',
  operands: 'FILE',
  options: [{ ...jsonOption, does: 'print the run summary' }],
  examples: [
    { does: 'import a run into another store', line: 'stepflow runs import run.json --store sqlite:other.db' },
  ],
  absent: 'made',
  check: (at) => void exportIn(at),
  async run({ args, io, store, reader, messages, operands }) {
    const [file] = operands as [string] // there as its operands say
    const { run, isNew } = await importInto(store, reader, readText(file, 'the export', io.cwd), `"${file}"`)
    if (args.has('json')) io.out(`${JSON.stringify(summaryOf((await reader.open(run)).row))}\n`)
    else messages.hint(importedText(run, isNew))
    return 0
  },
  async remote({ args, io, client, messages, operands }) {
    const [file] = operands as [string] // there as its operands say
    const text = exportIn({ io, operands })
    if (Buffer.byteLength(text) > MOST_BYTES) {
      const advice = "import it into the server's store, on its machine (--store)"
      throw new FlowError('TOO_LARGE', `"${file}" is larger than the 16 MiB that a server takes at once: ${advice}`)
    }
    const { run, isNew } = await client.importRun(text)
    if (args.has('json')) io.out(`${JSON.stringify(summaryIn(run))}\n`)
    else messages.hint(importedText(run.runId, isNew))
    return 0
  },
}

// ---

/** The text of an export; what is wrong with it is reported by the name of the file. */
function exportIn({ io, operands }: Pick<RunsContext, 'io' | 'operands'>): string {
  const [file] = operands as [string] // there as its operands say
  const text = readText(file, 'the export', io.cwd)
  readExport(text, `"${file}"`)
  return text
}

/** Of a body of JSON. */
const MOST_BYTES = 16 * 1024 * 1024

async function writeExport(
  { args, io, messages, operands }: RunsContext | RemoteContext,
  read: (id: string) => Promise<object>,
): Promise<number> {
  const [id] = operands as [string] // there as its operands say
  const output = outputOf(args)
  if (output !== undefined) checkWritable(output, io.cwd)
  const text = `${JSON.stringify(await read(id))}\n`
  if (output === undefined) {
    io.out(text)
    return 0
  }
  writeNew(output, text, 'the export', io.cwd, args.has('force') ? 'overwrite' : 'refuse')
  messages.hint(`run ${id} is in ${output}`)
  return 0
}

function importedText(run: string, isNew: boolean): string {
  return isNew ? `run ${run} is imported` : `run ${run} was there already, with the same content`
}
