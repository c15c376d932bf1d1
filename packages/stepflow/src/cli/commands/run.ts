// stepflow run: one input and its result, or a batch of them. Results on stdout, everything else on stderr.

import { writeFileSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import type { Outcome, Plan } from '@stepflow/engine'
import { countOption, flowFile, usage } from '../args.ts'
import { type Args, type Command, flowOptions, type Io } from '../command.ts'
import { onInterrupt } from '../interrupts.ts'
import { createMessages, type Messages } from '../messages.ts'
import { showRun } from '../progress/show-run.ts'
import { openProject, type Project, refuseInvalid } from '../project.ts'
import { cannot, checkWritable } from '../read-file.ts'
import { inputOptions, overrideOptions, readInput, readOverrides, readVariables, variableOptions } from '../sources.ts'
import { storeNamed, storeOption } from '../store-option.ts'

export const run: Command = {
  name: 'run',
  summary: 'run a flow once, or over each line of a file',
  operands: 'FLOW',
  options: [
    ...flowOptions,
    ...inputOptions,
    { name: 'inputs', value: 'FILE', does: 'a batch: one JSON value per line is one input; - for stdin' },
    { name: 'output', short: 'o', value: 'FILE', does: 'where the result or the results go; else stdout' },
    {
      name: 'max-concurrent',
      aliases: ['max-concurrency'],
      value: 'N',
      does: 'how many items of a batch may be in flight at once',
    },
    { name: 'order', value: 'ORDER', choices: ['input', 'completion'], does: 'the order of the results of a batch' },
    {
      name: 'resume',
      value: 'RUN',
      bare: '',
      does: 'go on with an interrupted batch: keep the lines that --output has',
    },
    { name: 'allow-failures', does: 'exit 0 though items of the batch failed' },
    ...variableOptions,
    ...overrideOptions,
    { name: 'strict', does: 'unknown keys and other warnings of validation are errors' },
    storeOption,
    { name: 'json', does: 'results are JSON in any case; this changes nothing' },
  ],
  examples: [
    { does: 'one input', line: `stepflow run flow.yaml --input-json '{"name": "Ada"}'` },
    { does: 'the input from a pipe, the result to a file', line: 'cat in.json | stepflow run flow.yaml -o out.json' },
    {
      does: 'a batch: a million lines need no more memory than a thousand',
      line: 'stepflow run flow.yaml --inputs items.jsonl --output results.jsonl --max-concurrent 50',
    },
    {
      does: 'go on after an interruption',
      line: 'stepflow run flow.yaml --inputs items.jsonl --output results.jsonl --resume',
    },
    {
      does: 'another model for one step, without touching the file',
      line: `stepflow run flow.yaml --overrides-json '{"ask": {"value": {"input": {"model": "small"}}}}'`,
    },
  ],
  async run(args, io) {
    const messages = createMessages(args, io)
    const file = flowFile(run, args)
    const store = storeNamed(run, args, io)
    refuseNamedRun(args)
    const isBatch = args.value('inputs') !== undefined
    if (isBatch)
      refuseTogether(
        args,
        inputOptions.map((option) => option.name),
      )
    else refuseOutsideBatch(args)
    const maxConcurrent = countOption(run, args, 'max-concurrent')
    const output = args.value('output')
    if (output !== undefined) checkWritable(output, io.cwd)

    const overrides = await readOverrides(args, io)
    const project = await openProject({
      file,
      args,
      io,
      messages,
      purpose: isBatch ? 'batch' : 'run',
      overrides,
      store,
    })
    try {
      const plan = refuseInvalid(project, io, messages)
      if (!plan) return 2
      const variables = await readVariables(args, plan, io)
      const options = { variables, ...(maxConcurrent === undefined ? {} : { maxConcurrent }) }
      if (!isBatch) return await runOne(project, plan, options, args, io, messages)
      const { runBatch } = await import('../batch/run-batch.ts')
      return await runBatch({ project, plan, options, args, io, messages })
    } finally {
      await project.close()
    }
  },
}

/** The exit code that an item's outcome means. */
export function exitOf(outcome: Outcome): number {
  if (outcome.outcome !== 'failed') return 0
  const { code, step } = outcome.error
  if (code === 'CANCELLED') return 130
  // Refused before its first step: nothing ran.
  return code === 'INVALID_INPUT' && step === undefined ? 2 : 1
}

// ---

async function runOne(
  project: Project,
  plan: Plan,
  options: { readonly variables: Record<string, unknown>; readonly maxConcurrent?: number },
  args: Args,
  io: Io,
  messages: Messages,
): Promise<number> {
  const input = await readInput(run, args, plan, io, messages)
  const display = showRun(plan, io, messages)
  const handle = await project.engine.submit(plan, [input], { ...options, flow: project.file, watch: display.see })
  const restore = onInterrupt(() => {
    messages.hint('stopping; once more to stop at once')
    void handle.cancel('interrupted')
  })
  let outcome: Outcome | undefined
  try {
    for await (const item of handle.results('input')) outcome = item.outcome
  } finally {
    display.end()
    restore()
  }
  if (!outcome) return 130
  const output = args.value('output')
  await writeResult(outcome, output, io)
  if (output !== undefined) messages.hint(`the result is in ${output}`)
  return exitOf(outcome)
}

async function writeResult(outcome: Outcome, output: string | undefined, io: Io) {
  const told = outcome.outcome === 'success' && outcome.result === undefined ? { ...outcome, result: null } : outcome
  if (output === undefined) return io.out(`${JSON.stringify(told)}\n`)
  const isYaml = ['.yaml', '.yml'].includes(extname(output).toLowerCase())
  const text = isYaml ? (await import('yaml')).stringify(told, { lineWidth: 0 }) : `${JSON.stringify(told)}\n`
  try {
    writeFileSync(resolve(io.cwd, output), text)
  } catch (thrown) {
    throw cannot('written', output, 'the output', thrown)
  }
}

function refuseNamedRun(args: Args) {
  const resumed = args.value('resume')
  if (resumed)
    throw usage(run, `--resume=${resumed} names a recorded run, but this version records none: say just --resume`)
}

function refuseTogether(args: Args, names: readonly string[]) {
  const given = args.given.find(({ name }) => names.includes(name))
  if (given) throw usage(run, `--inputs is a batch and --${given.name} is one input: give one of them`)
}

function refuseOutsideBatch(args: Args) {
  for (const name of ['resume', 'order', 'allow-failures']) {
    if (args.has(name)) throw usage(run, `--${name} is for a batch: it needs --inputs FILE`)
  }
}
