// stepflow infer: the flow with the schemas that its author left out. Starts component servers to ask them; runs no step.

import { existsSync } from 'node:fs'
import { dirname, extname, resolve } from 'node:path'
import type { InfoOf } from '@stepflow/dialects/infer'
import { type ComponentInfo, FlowError, hasErrors, type Plan } from '@stepflow/engine'
import { readText } from '@stepflow/host'
import { usage } from '../args.ts'
import { describeDiagnostics } from '../code-frame.ts'
import { type Args, type Command, flowOptions, type Io } from '../command.ts'
import { createMessages, type Messages } from '../messages.ts'
import { reportInvalid } from '../report-invalid.ts'
import { isSameFile, rewriteText, writeNew } from '../write-file.ts'

export const infer: Command = {
  name: 'infer',
  summary: 'work out the schemas of input, output and steps from a flow, and write them into it',
  operands: 'FLOW [OUTPUT]',
  options: [
    ...flowOptions,
    {
      name: 'output',
      short: 'o',
      value: 'FILE',
      bare: '',
      does: 'the file to write; without FILE, NAME.inferred.yaml beside the flow',
    },
    { name: 'force', short: 'f', does: 'overwrite the output, which may be the flow itself' },
    {
      name: 'show-step-inputs',
      does: 'also print, on stderr, the schema of the input that each step passes to its component',
    },
    { name: 'strict', does: 'treat an output without a type as an error; if there are errors, write nothing' },
  ],
  examples: [
    { does: 'to stdout', line: 'stepflow infer flow.yaml' },
    { does: 'to flow.inferred.yaml', line: 'stepflow infer flow.yaml --output' },
    {
      does: 'print only what the steps pass to their components',
      line: 'stepflow infer flow.yaml --show-step-inputs > /dev/null',
    },
  ],
  async run(args, io) {
    const { file, output } = filesOf(args, io)
    const messages = createMessages(args, io)
    const text = readText(file, 'the flow', io.cwd)
    const known = await readComponents(file, args, io, messages)
    if (!known) return 2
    const plan = await planOf(text, file, args, io, messages, known.primaryOf)
    if (!plan) return 2

    const [{ annotate, checkFlow, declaredSteps, inferSchemas }, { readSource, toJson }, yaml] = await Promise.all([
      import('@stepflow/dialects/infer'),
      import('@stepflow/dialects'),
      import('yaml'),
    ])
    const { node, meant = text } = readSource(text, { file })
    const steps = node ? declaredSteps(toJson(node)) : {}
    const inferred = inferSchemas(plan, known.infoOf, { steps })
    const untyped = args.has('strict') ? 'error' : 'warning'
    const found = checkFlow(plan, known.infoOf, inferred.types, { steps, untyped })
    if (found.length > 0) messages.problem(describeDiagnostics(found, { text, color: io.terminal.color.err }).trimEnd())
    if (args.has('show-step-inputs')) io.err(yaml.stringify({ step_inputs: inferred.stepInputs }, { lineWidth: 0 }))
    if (args.has('strict') && hasErrors(found)) return 2
    write(output, annotate(meant, inferred), file, args, io, messages)
    return 0
  },
}

// ---

/** `-o` takes its file also from the word after it, which then stands among the operands. */
function filesOf(args: Args, io: Io): { file: string; output: string | undefined } {
  const option = args.value('flow')
  const asked = args.value('output')
  const words = option === undefined ? [...args.operands] : [option, ...args.operands]
  const [first, second, third] = words
  if (first === undefined || first === '') throw usage(infer, 'needs a flow file: stepflow infer flow.yaml')
  if (third !== undefined || (second !== undefined && asked !== '')) {
    const more = asked === undefined ? `; to write there: --output ${second}` : ''
    throw usage(infer, `one argument too many: "${third ?? second}"${more}`)
  }
  const beside = `${first.slice(0, first.length - extname(first).length)}.inferred${extname(first) || '.yaml'}`
  if (second === undefined) return { file: first, output: asked === '' ? beside : asked }
  // `-o out.yaml flow.yaml`: the flow is the one that is there.
  const isSwapped = option === undefined && !existsSync(resolve(io.cwd, first)) && existsSync(resolve(io.cwd, second))
  return isSwapped ? { file: second, output: first } : { file: first, output: second }
}

async function readComponents(file: string, args: Args, io: Io, messages: Messages) {
  const { loadConfig, wirePlugins } = await import('@stepflow/host')
  const { config, diagnostics } = await loadConfig({
    path: args.value('config'),
    flowFile: file,
    cwd: io.cwd,
    env: io.env,
  })
  if (hasErrors(diagnostics)) {
    messages.problem(describeDiagnostics(diagnostics, { color: io.terminal.color.err }).trimEnd())
    return undefined
  }
  const flowDirectory = dirname(resolve(io.cwd, file))
  const plugins = await wirePlugins(config, { env: io.env, flowDirectory, log: messages.log })
  try {
    const infos = new Map<string, ComponentInfo>()
    const { components, failures } = await plugins.components()
    for (const { info, paths } of components) for (const path of paths) infos.set(path, info)
    for (const { plugin, error } of failures)
      messages.hint(`plugin "${plugin}" could not list its components: ${error.message}`)
    const { router } = plugins
    const infoOf: InfoOf = (path) => infos.get(path) ?? routedInfo(() => router.route(path).component?.info)
    return { infoOf, primaryOf: router.primaryOf }
  } finally {
    await plugins.close()
  }
}

/** The info of what a path leads to under another name; none if it leads nowhere. */
function routedInfo(route: () => ComponentInfo | undefined): ComponentInfo | undefined {
  try {
    return route()
  } catch (thrown) {
    if (FlowError.is(thrown) && thrown.code === 'COMPONENT_NOT_FOUND') return undefined
    throw thrown
  }
}

/** Without a look at the routes: a component that is not there has no type, which is said below. */
async function planOf(
  text: string,
  file: string,
  args: Args,
  io: Io,
  messages: Messages,
  primaryOf: (component: string) => string | undefined,
): Promise<Plan | undefined> {
  const { compile } = await import('@stepflow/dialects')
  const { plan, diagnostics } = await compile(text, { file, strict: args.has('strict'), primaryOf })
  if (plan && !hasErrors(diagnostics)) return plan
  reportInvalid({ file, text, diagnostics, undone: 'inferred' }, io, messages)
  return undefined
}

function write(output: string | undefined, text: string, file: string, args: Args, io: Io, messages: Messages): void {
  if (output === undefined || output === '-') {
    io.out(text)
    return
  }
  if (isSameFile(output, file, io.cwd)) {
    if (!args.has('force')) throw new FlowError('INVALID_INPUT', `"${output}" is the flow itself; --force replaces it`)
    rewriteText(output, text, 'the flow', io.cwd)
  } else writeNew(output, text, 'the flow', io.cwd, args.has('force') ? 'overwrite' : 'refuse')
  messages.hint(`written: ${output}`)
}
