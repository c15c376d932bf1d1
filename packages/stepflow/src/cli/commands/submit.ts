// stepflow submit: the same as `run`, on a server. Results on stdout, everything else on stderr.

import { FlowError, isRecord, own, type Plan, setOwn } from '@stepflow/engine'
import { isCodeFile, readText } from '@stepflow/host'
import { countOption, flowFile, labelsOption, outputOf, refuseOutsideBatch, refuseSingleInput, usage } from '../args.ts'
import { describeDiagnostics } from '../code-frame.ts'
import { type Command, flowOptions, type Io } from '../command.ts'
import { createMessages, type Messages } from '../messages.ts'
import { openClient, remoteFailure, reportAway, tokenOption, urlOption } from '../remote/open-client.ts'
import type { ReadySubmit } from '../remote/submitted.ts'
import { givenVariables, inputOptions, overrideOptions, readInput, readOverrides, variableOptions } from '../sources.ts'
import { checkWritable } from '../write-file.ts'

export const submit: Command = {
  name: 'submit',
  summary: 'run a flow on a server, once or over each line of a file',
  operands: 'FLOW',
  options: [
    ...flowOptions.filter(({ name }) => name === 'flow'),
    { ...urlOption, default: 'http://127.0.0.1:7837' },
    tokenOption,
    ...inputOptions,
    { name: 'inputs', value: 'FILE', does: 'run a batch: each line of this file is one input, as JSON; "-" is stdin' },
    { name: 'output', short: 'o', value: 'FILE', does: 'the file for the result or the results; else stdout' },
    { name: 'detach', does: 'print the id of the run, and do not wait for its end' },
    {
      name: 'max-concurrent',
      aliases: ['max-concurrency'],
      value: 'N',
      does: 'how many items of a batch may be in flight at once',
      default: '64',
    },
    {
      name: 'order',
      value: 'ORDER',
      choices: ['input', 'completion'],
      does: 'the order of the results of a batch',
      default: 'input',
    },
    { name: 'force', does: 'replace an output file that holds results' },
    { name: 'label', value: 'NAME=VALUE', many: true, does: 'a label for the run, by which `runs list` finds it' },
    { name: 'allow-failures', does: 'exit with 0 even if items of the batch failed' },
    ...variableOptions.filter(({ name }) => name !== 'secrets'),
    ...overrideOptions,
    { name: 'json', does: 'print the result on one line, even on a terminal' },
  ],
  elsewhere: {
    secrets: 'the server has its own secrets: stepflow secrets set',
    config: 'the server has its own configuration',
  },
  examples: [
    { does: 'one input', line: `stepflow submit flow.yaml --input-json '{"name": "Ada"}'` },
    {
      does: 'a batch; it survives a restart of the server',
      line: 'stepflow submit flow.yaml --url https://flows.example --inputs items.jsonl --output results.jsonl',
    },
    { does: 'only start it', line: `stepflow submit flow.yaml --inputs items.jsonl --detach` },
  ],
  async run(args, io) {
    const messages = createMessages(args, io)
    const file = flowFile(submit, args)
    const isBatch = args.value('inputs') !== undefined
    if (isBatch) refuseSingleInput(submit, args, inputOptions)
    else refuseOutsideBatch(submit, args, ['order', 'force', 'allow-failures', 'max-concurrent'])
    const maxConcurrent = countOption(submit, args, 'max-concurrent')
    const output = outputOf(args)
    if (output !== undefined) checkWritable(output, io.cwd)
    const text = flowText(file, io)
    const plan = await compiled(file, text, messages, io)
    if (!plan) return 2
    const variables = await givenVariables(args, plan, io)
    const overrides = merged(await readOverrides(args, io))
    const labels = labelsOption(submit, args)
    const input = isBatch ? undefined : await readInput(submit, args, plan, io, messages)
    try {
      const client = await openClient(args, io)
      const ready: ReadySubmit = {
        client,
        run: {
          flowId: await client.putBlob(text),
          ...(Object.keys(variables).length === 0 ? {} : { variables }),
          ...(overrides ? { overrides } : {}),
          ...(labels ? { labels } : {}),
          ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
        },
        args,
        io,
        messages,
        onAway: reportAway(messages),
      }
      if (isBatch) return await (await import('../remote/submit-batch.ts')).submitBatch(ready)
      return await (await import('../remote/submit-one.ts')).submitOne(ready, input)
    } catch (thrown) {
      if (FlowError.is(thrown) && thrown.code === 'INVALID_FLOW' && Array.isArray(thrown.data)) {
        const color = io.terminal.color.err
        messages.problem(describeDiagnostics(thrown.data as never, { text, color }).trimEnd()) // the server's, of this text
        return 2
      }
      throw remoteFailure(thrown)
    }
  },
}

// ---

function flowText(file: string, io: Io): string {
  if (!isCodeFile(file)) return readText(file, 'the flow', io.cwd)
  throw usage(submit, `${file} is a flow in code, which cannot be sent: put it into the flows folder of the server`)
}

/** As far as it can be judged here: which components there are, the server knows. */
async function compiled(file: string, text: string, messages: Messages, io: Io): Promise<Plan | undefined> {
  const { compile } = await import('@stepflow/dialects')
  const { plan, diagnostics } = compile(text, { file, readFile: (path) => readText(path, 'the schema', io.cwd) })
  const errors = diagnostics.filter(({ level }) => level === 'error' || level === 'fatal')
  if (plan && errors.length === 0) return plan
  messages.problem(describeDiagnostics(errors, { text, color: io.terminal.color.err }).trimEnd())
  messages.problem(`${file} is not valid: nothing was sent`)
  return undefined
}

/** Several documents as one: what a later one says of a step is laid over what those before say. */
function merged(documents: readonly unknown[]): Record<string, unknown> | undefined {
  if (documents.length === 0) return undefined
  return documents.map(stepsOf).reduce((all, next) => laidOver(all, next) as Record<string, unknown>)
}

function stepsOf(document: unknown): Record<string, unknown> {
  const { steps } = document as Record<string, unknown> // readOverrides takes nothing else
  return isRecord(steps) && Object.keys(document as object).length === 1 ? steps : (document as Record<string, unknown>)
}

/** Merge patches: null takes away, and has to stay. */
function laidOver(below: unknown, above: unknown): unknown {
  if (!isRecord(below) || !isRecord(above)) return above
  const all: Record<string, unknown> = {}
  for (const key of Object.keys(below)) setOwn(all, key, below[key])
  for (const key of Object.keys(above)) setOwn(all, key, laidOver(own(below, key), above[key]))
  return all
}
