// stepflow visualize: a flow as a picture, for the terminal, for a document, or as a file. Runs nothing, starts nothing.

import { extname, resolve } from 'node:path'
import type { Format } from '@stepflow/draw'
import { hasErrors, type Plan } from '@stepflow/engine'
import { isCodeFile, readText } from '@stepflow/host'
import { flowFile, usage } from '../args.ts'
import { type Args, type Command, flowOptions, type Io } from '../command.ts'
import { writeAll } from '../io.ts'
import { createMessages } from '../messages.ts'
import { reportInvalid } from '../report-invalid.ts'
import { writeNew } from '../write-file.ts'

export const visualize: Command = {
  name: 'visualize',
  summary: 'draw a flow: in the terminal, as Mermaid, DOT, SVG or PNG',
  operands: 'FLOW',
  options: [
    ...flowOptions,
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['ascii', 'mermaid', 'dot', 'svg', 'png'],
      does: 'the format; by default that of the ending of --output, else ascii on a terminal and mermaid in a pipe',
    },
    {
      name: 'output',
      short: 'o',
      value: 'FILE',
      does: 'the file to write; "-" is stdout. By default svg and png go to a file beside the flow, the others to stdout',
    },
    { name: 'force', short: 'f', does: 'overwrite the output file' },
    { name: 'no-details', does: 'draw only the names of the steps' },
    { name: 'no-servers', does: 'has no effect, and is accepted for older scripts: a drawing starts no servers' },
  ],
  examples: [
    { does: 'in the terminal', line: 'stepflow visualize flow.yaml' },
    { does: 'for a README', line: 'stepflow visualize flow.yaml --format mermaid' },
    { does: 'as a picture, without Graphviz', line: 'stepflow visualize flow.yaml --output flow.svg' },
  ],
  async run(args, io) {
    const file = flowFile(visualize, args)
    const { format, output } = targetOf(args, file, io)
    const plan = await planOf(file, args, io)
    if (!plan) return 2
    const details = args.has('no-details') ? 'hide' : 'show'
    if (format === 'png') {
      const { drawPng } = await import('@stepflow/draw/png')
      write(output, await drawPng(plan, { details }), args, io)
      return 0
    }
    const draw = await import('@stepflow/draw')
    const toScreen = output === undefined && io.terminal.out
    const text =
      format === 'svg'
        ? draw.drawSvg(plan, { details })
        : draw.drawText(plan, format, {
            details,
            columns: toScreen ? io.terminal.columns : 100,
            color: output === undefined && io.terminal.color.out ? 'yes' : 'no',
            characters: toScreen && io.env.TERM === 'dumb' ? 'ascii' : 'unicode',
          })
    write(output, text, args, io)
    return 0
  },
}

// ---

const endings: Readonly<Record<string, Format>> = {
  '.svg': 'svg',
  '.png': 'png',
  '.dot': 'dot',
  '.gv': 'dot',
  '.mmd': 'mermaid',
  '.mermaid': 'mermaid',
  '.txt': 'ascii',
}

/** Output undefined: stdout. */
function targetOf(args: Args, file: string, io: Io): { format: Format; output: string | undefined } {
  const named = args.value('format') as Format | undefined // one of the choices, or the parser had refused it
  const output = args.value('output')
  if (output === '') throw usage(visualize, '--output is empty, but must name a file')
  if (output === '-') return { format: named ?? 'mermaid', output: undefined }
  if (output !== undefined) {
    const ending = extname(output).toLowerCase()
    const format = named ?? (Object.hasOwn(endings, ending) ? endings[ending] : undefined)
    if (format) return { format, output }
    const known = Object.keys(endings).join(', ')
    throw usage(visualize, `the ending of "${output}" names no format: end it in one of ${known}, or give --format`)
  }
  const format = named ?? (io.terminal.out ? 'ascii' : 'mermaid')
  if (format !== 'svg' && format !== 'png') return { format, output }
  return { format, output: `${file.slice(0, file.length - extname(file).length)}.${format}` }
}

/** Compiled without the configuration: a flow whose components are not there can be drawn as well. */
async function planOf(file: string, args: Args, io: Io): Promise<Plan | undefined> {
  const text = readText(file, 'the flow', io.cwd)
  const { plan, diagnostics } = isCodeFile(file)
    ? await sketchOf(resolve(io.cwd, file))
    : await compiledPlan(text, file)
  if (plan && !hasErrors(diagnostics)) return plan
  reportInvalid({ file, text, diagnostics, undone: 'drawn' }, io, createMessages(args, io))
  return undefined
}

async function compiledPlan(text: string, file: string) {
  const { compile } = await import('@stepflow/dialects')
  // What only the configuration knows is taken as it stands.
  return compile(text, { file, isServed: () => undefined })
}

async function sketchOf(file: string) {
  const { loadCodeFlow } = await import('@stepflow/host')
  const { sketch, diagnostics } = await loadCodeFlow(file)
  return { plan: sketch, diagnostics }
}

function write(output: string | undefined, drawn: string | Uint8Array, args: Args, io: Io): void {
  if (output === undefined) {
    if (typeof drawn === 'string') io.out(drawn)
    else writeAll(io.fds.out, drawn)
    return
  }
  writeNew(output, drawn, 'the drawing', io.cwd, args.has('force') ? 'overwrite' : 'refuse')
  createMessages(args, io).hint(`drawn: ${output}`)
}
