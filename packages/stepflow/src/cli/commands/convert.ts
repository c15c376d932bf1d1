// stepflow convert: a manifest as a flow, or a flow as a manifest. What the other form cannot say is told, and nothing written.

import { writeFileSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { hasErrors } from '@stepflow/engine'
import { flowFile, usage } from '../args.ts'
import { describeDiagnostics } from '../code-frame.ts'
import type { Command } from '../command.ts'
import { createMessages } from '../messages.ts'
import { cannot, checkWritable, readText } from '../read-file.ts'

export const convert: Command = {
  name: 'convert',
  summary: 'write a manifest as a flow, or a flow as a manifest',
  operands: 'FILE',
  options: [
    { name: 'flow', value: 'FILE', does: 'the file, if it is not the first argument' },
    { name: 'to', value: 'FORM', choices: ['flow', 'manifest'], does: 'what it becomes' },
    { name: 'output', short: 'o', value: 'FILE', does: 'where it is written; else stdout' },
  ],
  examples: [
    { does: 'a manifest as a flow', line: 'stepflow convert manifest.yaml --to flow' },
    { does: 'into a file', line: 'stepflow convert flow.yaml --to manifest --output manifest.yaml' },
  ],
  async run(args, io) {
    const messages = createMessages(args, io)
    const file = flowFile(convert, args)
    const to = args.value('to')
    if (to !== 'flow' && to !== 'manifest') throw usage(convert, 'needs --to flow or --to manifest')
    const output = args.value('output')
    if (output !== undefined) checkWritable(output, io.cwd)
    const text = readText(file, 'the flow', io.cwd)
    const dialects = await import('@stepflow/dialects')
    const { diagnostics } = dialects.compile(text, { file, isServed: () => undefined })
    if (hasErrors(diagnostics)) {
      const errors = diagnostics.filter(({ level }) => level === 'error' || level === 'fatal')
      messages.problem(describeDiagnostics(errors, { text, color: io.terminal.color.err }).trimEnd())
      messages.problem(`${file} is not valid: nothing was converted`)
      return 2
    }
    const { document, impossible, differences } = dialects.convert(text, to, { file })
    for (const sentence of impossible) messages.problem(sentence)
    if (!document) {
      messages.problem(`${file} was not converted`)
      return 1
    }
    for (const sentence of differences) messages.hint(`Note: ${sentence}`)
    const isJson = extname(output ?? '').toLowerCase() === '.json'
    const made = isJson
      ? `${JSON.stringify(document, null, 2)}\n`
      : (await import('yaml')).stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })
    if (output === undefined) {
      io.out(made)
      return 0
    }
    try {
      writeFileSync(resolve(io.cwd, output), made)
    } catch (thrown) {
      throw cannot('written', output, 'the output', thrown)
    }
    messages.hint(`written: ${output}`)
    return 0
  },
}
