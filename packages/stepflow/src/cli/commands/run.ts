// stepflow run: one input and its result, or a batch of them. Results on stdout, everything else on stderr.

import type { StoreConfig } from '@stepflow/host'
import {
  countOption,
  durationOption,
  flowFile,
  labelsOption,
  outputOf,
  refuseOutsideBatch,
  refuseSingleInput,
  usage,
} from '../args.ts'
import type { ReadyRun } from '../batch/open-batch.ts'
import { type Args, type Command, flowOptions, type Io } from '../command.ts'
import { NO_ENGINE } from '../elsewhere/no-engine.ts'
import { refuseOverwriting } from '../keep-sources.ts'
import { createMessages } from '../messages.ts'
import { openProject, refuseInvalid } from '../project.ts'
import { openOption } from '../run-line.ts'
import { followSingle } from '../single-run.ts'
import { inputOptions, overrideOptions, readInput, readOverrides, readVariables, variableOptions } from '../sources.ts'
import { blobsOption, defaultStore, storeNamed, storeOption, storeWords } from '../store-option.ts'
import { checkWritable } from '../write-file.ts'

export const run: Command = {
  name: 'run',
  summary: 'run a flow once, or over each line of a file',
  operands: 'FLOW',
  options: [
    ...flowOptions,
    ...inputOptions,
    { name: 'inputs', value: 'FILE', does: 'run a batch: each line of this file is one input, as JSON; "-" is stdin' },
    { name: 'output', short: 'o', value: 'FILE', does: 'the file for the result or the results; else stdout' },
    {
      name: 'max-concurrent',
      aliases: ['max-concurrency'],
      value: 'N',
      does: 'how many items of a batch may be in flight at once',
      default: '64; with a store on disk up to 2048, while no call has to be waited for',
    },
    {
      name: 'order',
      value: 'ORDER',
      choices: ['input', 'completion'],
      does: 'the order of the results of a batch',
      default: 'input',
    },
    {
      name: 'resume',
      value: 'RUN',
      bare: '',
      does: 'continue an interrupted run; a batch keeps the lines that --output has',
    },
    {
      name: 'drain',
      value: 'TIME',
      does: 'how long the items in flight of an interrupted batch may take to end',
      default: '30s',
    },
    { name: 'limit', value: 'N', does: 'take only the first N lines of a batch' },
    { name: 'force', does: 'replace an output file that holds results of an unfinished batch' },
    { name: 'label', value: 'NAME=VALUE', many: true, does: 'a label for the run, by which `runs list` finds it' },
    { name: 'allow-failures', does: 'exit with 0 even if items of the batch failed' },
    ...variableOptions,
    ...overrideOptions,
    { name: 'strict', does: 'treat unknown keys as errors' },
    storeOption,
    blobsOption,
    openOption,
    { name: 'json', does: 'print the result on one line, even on a terminal' },
  ],
  elsewhere: { engine: NO_ENGINE },
  examples: [
    { does: 'one input', line: `stepflow run flow.yaml --input-json '{"name": "Ada"}'` },
    { does: 'the input from a pipe, the result to a file', line: 'cat in.json | stepflow run flow.yaml -o out.json' },
    {
      does: 'a batch: a million lines need no more memory than a thousand',
      line: 'stepflow run flow.yaml --inputs items.jsonl --output results.jsonl --max-concurrent 50',
    },
    {
      does: 'continue after an interruption',
      line: 'stepflow run flow.yaml --inputs items.jsonl --output results.jsonl --resume',
    },
    {
      does: 'kept in a file, the run survives whatever happens to this process; the same command continues it',
      line: `stepflow run flow.yaml --input-json '{"name": "Ada"}' --store sqlite:runs.db --resume`,
    },
    {
      does: 'another model for one step, without a change to the file',
      line: `stepflow run flow.yaml --overrides-json '{"ask": {"value": {"input": {"model": "small"}}}}'`,
    },
  ],
  async run(args, io) {
    const messages = createMessages(args, io)
    const file = flowFile(run, args)
    const store = storeOf(args, io)
    const isBatch = args.value('inputs') !== undefined
    if (isBatch) refuseSingleInput(run, args, inputOptions)
    else refuseOutsideBatch(run, args, ['order', 'limit', 'force', 'allow-failures', 'drain'])
    const maxConcurrent = countOption(run, args, 'max-concurrent')
    const drainMs = durationOption(run, args, 'drain')
    const output = outputOf(args)
    if (output !== undefined) {
      checkWritable(output, io.cwd)
      refuseOverwriting(run, output, { flow: file, store }, args, io)
    }

    const overrides = await readOverrides(args, io)
    const project = await openProject({
      file,
      args,
      io,
      messages,
      purpose: isBatch ? 'batch' : 'run',
      overrides,
      store,
      blobs: args.value('blobs'),
    })
    try {
      const plan = refuseInvalid(project, io, messages)
      if (!plan) return 2
      const variables = await readVariables(args, plan, io, messages)
      const labels = labelsOption(run, args)
      const options = {
        variables,
        ...(labels ? { labels } : {}),
        ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
      }
      if (!isBatch) return await runOne({ project, plan, overrides, options, args, io, messages })
      const { runBatch } = await import('../batch/run-batch.ts')
      return await runBatch({ project, plan, overrides, options, args, io, messages, drainMs })
    } finally {
      await project.close()
    }
  },
}

// ---

async function runOne({ project, plan, overrides, options, args, io, messages }: ReadyRun): Promise<number> {
  const named = args.value('resume')
  // The run that is named has its input already.
  const asks = !named || args.given.some(({ name }) => inputOptions.some((option) => option.name === name))
  const input = asks ? await readInput(run, args, plan, io, messages) : undefined
  await project.start()
  const { engine, store, config, file } = project
  const flow = plan.name || file
  const single = {
    plan,
    store,
    storeWords: storeWords(config.stateStore, io),
    output: outputOf(args),
    isJson: args.has('json'),
    opens: args.has('open'),
    io,
    messages,
  }
  if (!store.durable) {
    return followSingle({
      ...single,
      begin: (see) => engine.submit(plan, [input], { ...options, flow, watch: see }),
    })
  }
  const { describeOrigin, findRunToResume, takeUp } = await import('../recorded-run.ts')
  const trigger = describeOrigin({
    plan,
    file,
    args,
    io,
    variables: options.variables,
    ...(asks ? { input: { value: input } } : {}),
  })
  const before = named === undefined ? undefined : await findRunToResume(store, trigger, named)
  const { recordFlow } = await import('@stepflow/host')
  const facts = before ? {} : await recordFlow(store, project, overrides)
  return followSingle({
    ...single,
    begin: (see) =>
      before
        ? takeUp({ engine, store, run: before, messages, see })
        : engine.submit(plan, [input], { ...options, flow, ...facts, trigger, watch: see }),
  })
}

/** What `--store` names; with `--resume`, a run must be kept somewhere, unless a batch goes on from its output alone. */
function storeOf(args: Args, io: Io): StoreConfig | undefined {
  const resumed = args.value('resume')
  const isOutputEnough = resumed === undefined || (resumed === '' && args.value('inputs') !== undefined)
  const named = storeNamed(run, args, io)
  if (named?.type === 'memory' && !isOutputEnough) {
    throw usage(run, '--resume continues a run that is kept, and --store memory keeps none; use --store sqlite:PATH')
  }
  return named ?? (isOutputEnough ? undefined : defaultStore(io))
}
