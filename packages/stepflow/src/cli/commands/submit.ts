// stepflow submit: the same as `run`, on a server. Results on stdout, everything else on stderr.

import { countOption, flowFile, labelsOption, outputOf, refuseOutsideBatch, refuseSingleInput } from '../args.ts'
import { type Command, flowOptions } from '../command.ts'
import { engineNamed, engineOption, refuseServerOptions, refuseWithout } from '../elsewhere/engine-option.ts'
import { createMessages } from '../messages.ts'
import { compiled, flowText, merged, reportFindings } from '../remote/given-flow.ts'
import { atServer, reportAway, tokenOption, urlOption } from '../remote/open-client.ts'
import type { ReadySubmit } from '../remote/submitted.ts'
import { openOption } from '../run-line.ts'
import { givenVariables, inputOptions, overrideOptions, readInput, readOverrides, variableOptions } from '../sources.ts'
import { blobsOption } from '../store-option.ts'
import { checkWritable } from '../write-file.ts'

export const submit: Command = {
  name: 'submit',
  summary: 'run a flow on a server, once or over each line of a file',
  operands: 'FLOW',
  options: [
    ...flowOptions.filter(({ name }) => name === 'flow'),
    { ...urlOption, default: 'http://127.0.0.1:7837' },
    tokenOption,
    engineOption,
    { ...blobsOption, does: 'with --engine: where large values go, as its workers have it', default: 'nowhere' },
    ...inputOptions,
    { name: 'inputs', value: 'FILE', does: 'run a batch: each line of this file is one input, as JSON; "-" is stdin' },
    { name: 'output', short: 'o', value: 'FILE', does: 'the file for the result or the results; else stdout' },
    { name: 'detach', does: 'print the id of the run, and do not wait for its end' },
    {
      name: 'idempotency-key',
      value: 'KEY',
      does: 'a key for the run; the same key again finds the run that is there, and begins none',
    },
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
    { ...openOption, does: 'open the page of the run in the browser' },
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
    const engine = engineNamed(submit, args, io, ['url'])
    if (isBatch) refuseSingleInput(submit, args, inputOptions)
    else refuseOutsideBatch(submit, args, ['order', 'force', 'allow-failures', 'max-concurrent'])
    const maxConcurrent = countOption(submit, args, 'max-concurrent')
    const output = outputOf(args)
    if (output !== undefined) checkWritable(output, io.cwd)
    if (engine !== undefined) {
      refuseServerOptions(submit, args)
      const { submitElsewhere } = await import('../elsewhere/submit-elsewhere.ts')
      return submitElsewhere({ command: submit, url: engine, args, io, messages })
    }
    refuseWithout(submit, args, ['blobs'])
    const text = flowText(submit, file, io)
    const plan = await compiled(file, text, messages, io)
    if (!plan) return 2
    const variables = await givenVariables(args, plan, io)
    const overrides = merged(await readOverrides(args, io))
    const labels = labelsOption(submit, args)
    const input = isBatch ? undefined : await readInput(submit, args, plan, io, messages)
    return atServer(args, io, async (client) => {
      try {
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
        if (reportFindings(thrown, { file, text }, messages, io)) return 2
        throw thrown
      }
    })
  },
}
