// stepflow convert: a manifest as a flow, or a flow as a manifest. What the other form cannot say is told, and nothing written.

import { extname } from 'node:path'
import { hasErrors } from '@stepflow/engine'
import { readText } from '@stepflow/host'
import { flowFile, outputOf, usage } from '../args.ts'
import type { Command } from '../command.ts'
import { createMessages } from '../messages.ts'
import { reportInvalid } from '../report-invalid.ts'
import { checkWritable, writeNew } from '../write-file.ts'

export const convert: Command = {
  name: 'convert',
  summary: 'write a manifest as a flow, or a flow as a manifest',
  operands: 'FILE',
  options: [
    { name: 'flow', value: 'FILE', does: 'the file, if it is not the first argument' },
    { name: 'to', value: 'FORM', choices: ['flow', 'manifest'], does: 'the form to convert to' },
    { name: 'output', short: 'o', value: 'FILE', does: 'the file to write; else stdout' },
    { name: 'force', short: 'f', does: 'overwrite the output file' },
  ],
  examples: [
    { does: 'a manifest as a flow', line: 'stepflow convert manifest.yaml --to flow' },
    { does: 'to a file', line: 'stepflow convert flow.yaml --to manifest --output manifest.yaml' },
  ],
  async run(args, io) {
    const messages = createMessages(args, io)
    const file = flowFile(convert, args)
    const to = args.value('to')
    if (to !== 'flow' && to !== 'manifest') throw usage(convert, 'needs --to flow or --to manifest')
    const output = outputOf(args)
    if (output !== undefined) checkWritable(output, io.cwd)
    const text = readText(file, 'the flow', io.cwd)
    const dialects = await import('@stepflow/dialects')
    const { diagnostics } = dialects.compile(text, { file, isServed: () => undefined })
    if (hasErrors(diagnostics)) {
      reportInvalid({ file, text, diagnostics, undone: 'converted' }, io, messages)
      return 2
    }
    const { document, yaml, impossible, differences } = dialects.convert(text, to, { file })
    for (const sentence of impossible) messages.problem(sentence)
    if (!document || yaml === undefined) {
      messages.problem(`${file} was not converted`)
      return 2
    }
    for (const sentence of differences) messages.hint(`Note: ${sentence}`)
    const isJson = extname(output ?? '').toLowerCase() === '.json'
    const made = isJson ? `${JSON.stringify(document, null, 2)}\n` : yaml
    if (output === undefined) {
      io.out(made)
      return 0
    }
    writeNew(output, made, 'the output', io.cwd, args.has('force') ? 'overwrite' : 'refuse')
    messages.hint(`written: ${output}`)
    return 0
  },
}
