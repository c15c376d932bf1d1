// stepflow submit --engine: begins a run on a cluster, or one for each line of a batch, and writes how they end.

import { errorsOf, FlowError, type Outcome, type Plan } from '@stepflow/engine'
import { checkVariables, type RunsElsewhere, type StartElsewhere } from '@stepflow/host'
import { flowFile, labelsOption, outputOf } from '../args.ts'
import type { Args, Command, Io } from '../command.ts'
import { onInterrupt } from '../interrupts.ts'
import type { Messages } from '../messages.ts'
import { openProject } from '../project.ts'
import { keyOf } from '../remote/submitted.ts'
import { reportInvalid } from '../report-invalid.ts'
import { reportOutcome } from '../single-run.ts'
import { givenVariables, readInput, readOverrides } from '../sources.ts'
import { engineWords, withEngine } from './engine-option.ts'

export interface SubmitElsewhere {
  readonly command: Command
  readonly url: string
  readonly args: Args
  readonly io: Io
  readonly messages: Messages
}

/** Answers the exit code. */
export async function submitElsewhere(at: SubmitElsewhere): Promise<number> {
  const { command, url, args, io, messages } = at
  const isBatch = args.value('inputs') !== undefined
  const plan = await planOf(at)
  if (!plan) return 2
  const variables = await fittingVariables(args, plan, io)
  const labels = labelsOption(command, args)
  const input = isBatch ? undefined : await readInput(command, args, plan, io, messages)
  const key = keyOf(args)
  const common = {
    plan,
    flow: flowFile(command, args),
    ...(Object.keys(variables).length === 0 ? {} : { variables }),
    ...(labels ? { labels } : {}),
  }
  return withEngine(url, at, async (runs) => {
    await runs.check(plan)
    if (isBatch) return (await import('./batch-elsewhere.ts')).batchElsewhere({ ...at, runs, common, key })
    return submitOne(at, runs, { ...common, id: key, input })
  })
}

// ---

async function planOf({ command, args, io, messages }: SubmitElsewhere): Promise<Plan | undefined> {
  const file = flowFile(command, args)
  const overrides = await readOverrides(args, io)
  const project = await openProject({ file, args, io, messages, purpose: 'elsewhere', overrides })
  try {
    const { text, plan, diagnostics } = project
    if (!plan) reportInvalid({ file, text, diagnostics, undone: 'sent' }, io, messages)
    return plan
  } finally {
    await project.close()
  }
}

async function fittingVariables(args: Args, plan: Plan, io: Io): Promise<Readonly<Record<string, unknown>>> {
  const variables = await givenVariables(args, plan, io)
  const wrong = errorsOf(await checkVariables(variables, plan)).map(({ message }) => message)
  if (wrong.length > 0) throw new FlowError('INVALID_INPUT', wrong.join('\n'))
  return variables
}

async function submitOne(
  { url, args, io, messages }: SubmitElsewhere,
  runs: RunsElsewhere,
  run: StartElsewhere,
): Promise<number> {
  await runs.start(run)
  if (args.has('detach')) {
    io.out(`${run.id}\n`)
    return 0
  }
  messages.hint(`run ${run.id} at ${runs.place}`)
  let leave = () => {}
  const left = new Promise<undefined>((resolve) => {
    leave = () => resolve(undefined)
  })
  const restore = onInterrupt(() => leave())
  try {
    const outcome: Outcome | undefined = await Promise.race([runs.outcome(run.id), left])
    if (!outcome) {
      const show = ['stepflow runs show', run.id, ...engineWords(url)].join(' ')
      messages.problem(`run ${run.id} goes on. To look at it:\n  ${show}`)
      return 130
    }
    return await reportOutcome(outcome, { output: outputOf(args), isJson: args.has('json'), io, messages })
  } finally {
    restore()
  }
}
