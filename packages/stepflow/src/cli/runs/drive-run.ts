// stepflow runs resume, rerun: drives a recorded run in this process, with the plan that is recorded, until it has ended.

import {
  FlowError,
  isEnded,
  type JournalEntry,
  type Plan,
  type PlanEngine,
  type RerunOptions,
  type RunHandle,
  type RunRow,
} from '@stepflow/engine'
import { type Created, findRun, patchFlow, readCreated, reopenRun } from '@stepflow/host/history'
import { outputOf, usage } from '../args.ts'
import { describeDiagnostics } from '../code-frame.ts'
import { shellWord } from '../progress/watch-waits.ts'
import { takeUp } from '../recorded-run.ts'
import { followSingle } from '../single-run.ts'
import { givenInput, readGiven, readOverrides, readVariables } from '../sources.ts'
import { STORE_PATIENCE_MS } from '../store-option.ts'
import { checkWritable } from '../write-file.ts'
import type { Action, RunsContext } from './action.ts'
import { followMany } from './follow-many.ts'
import { teller } from './tell-run.ts'

const driving = ['output', 'allow-failures', 'config', 'secrets', 'json']

export const resume: Action = {
  operands: 'ID',
  options: driving,
  async run(at) {
    const { store, messages, operands } = at
    const row = await findRun(store, operands[0] as string) // there as its operands say
    if (isEnded(row.status)) {
      throw new FlowError(
        'CONFLICT',
        `run ${row.id} has ended (${row.status}); \`stepflow runs rerun ${row.id}\` runs it again`,
      )
    }
    const holder = (await store.runs.open(row.id)).find(({ heldBy }) => heldBy)?.heldBy
    if (holder) {
      if (row.status === 'paused') await teller(at).signal(row.id, { name: 'resume' })
      messages.hint(`run ${row.id} goes on: ${holder} drives it`)
      return 0
    }
    const created = await readCreated(store, row.id)
    if (row.items.total < 0) throw lacksInputs(row, at)
    return drive(at, row, created, (engine, see) => takeUp({ engine, store, run: row, messages, see }))
  },
}

export const rerun: Action = {
  operands: 'ID',
  options: [
    ...['from', 'failed', 'input', 'input-json', 'input-yaml', 'variables', 'variables-json', 'variables-yaml'],
    ...['env-variables', 'overrides', 'overrides-json', 'overrides-yaml', 'max-concurrent', ...driving],
  ],
  async run(at) {
    const { args, io, messages, store, operands } = at
    const row = await findRun(store, operands[0] as string) // there as its operands say
    const created = await readCreated(store, row.id)
    const step = args.value('from')
    if (step !== undefined && args.has('failed')) throw usage({ name: 'runs' }, '--from and --failed are both given')
    const input = await editedInput(at, row)
    const variables = await readVariables(args, created.plan, io, messages)
    const plan = await patchedPlan(at, created)
    const { flow, config } = row.trigger ?? ({} as Readonly<Record<string, string>>)
    const options: RerunOptions = {
      ...(step !== undefined ? { from: { step } } : args.has('failed') ? { from: { failed: true } } : {}),
      ...(input ? { inputs: [input.value] } : {}),
      ...(Object.keys(variables).length === 0 ? {} : { variables: { ...created.options?.variables, ...variables } }),
      ...(plan ? { plan } : {}),
      trigger: { type: 'cli', ...(flow === undefined ? {} : { flow }), ...(config === undefined ? {} : { config }) },
    }
    return drive(at, row, plan ? { ...created, plan } : created, (engine, see) =>
      engine.rerun(row.id, { ...options, watch: see }),
    )
  },
}

// ---

type Begin = (engine: PlanEngine, see: (entries: readonly JournalEntry[]) => void) => Promise<RunHandle>

/** Wires what the flow calls, as it was when the run was begun, and follows the run to its end. */
async function drive(at: RunsContext, row: RunRow, { plan }: Created, begin: Begin): Promise<number> {
  const { args, io, messages, store, storeWords } = at
  const output = outputOf(args)
  if (output !== undefined) checkWritable(output, io.cwd)
  const { diagnostics, wired } = await reopenRun({
    store,
    row,
    cwd: io.cwd,
    env: io.env,
    configFile: args.value('config'),
    secretsFile: args.value('secrets'),
    log: messages.log,
    storePatienceMs: STORE_PATIENCE_MS,
  })
  if (!wired) {
    throw new FlowError('INVALID_INPUT', describeDiagnostics(diagnostics, { color: io.terminal.color.err }).trimEnd())
  }
  try {
    const follow = {
      isJson: args.has('json'),
      plan,
      store,
      storeWords,
      output,
      io,
      messages,
    }
    if (row.items.total === 1) return await followSingle({ ...follow, begin: (see) => begin(wired.engine, see) })
    return await followMany({
      ...follow,
      allowsFailures: args.has('allow-failures'),
      begin: (see) => begin(wired.engine, see),
    })
  } finally {
    await wired.close()
  }
}

/** A batch whose inputs were still being read goes on with them; who has them is `run`. */
function lacksInputs({ id, trigger, origin }: RunRow, { storeWords }: RunsContext): FlowError {
  const { flow, inputs } = trigger ?? ({} as Readonly<Record<string, string>>)
  if (origin) {
    return new FlowError(
      'CONFLICT',
      `run ${id} was broken off while it was made: stepflow runs rerun ${origin.runId} makes it again`,
    )
  }
  const words = ['stepflow', 'run', flow ?? 'FLOW', '--inputs', inputs ?? 'FILE', ...storeWords, `--resume=${id}`]
  return new FlowError(
    'INVALID_INPUT',
    `run ${id} has not taken all of its inputs yet. To go on with it:\n  ${words.map(shellWord).join(' ')}`,
  )
}

async function editedInput({ args, io }: RunsContext, row: RunRow): Promise<{ readonly value: unknown } | undefined> {
  const given = givenInput(args)
  if (!given) return undefined
  if (row.items.total !== 1) {
    throw usage({ name: 'runs' }, `--${given.name} is one input, but run ${row.id} has ${row.items.total} items`)
  }
  return { value: await readGiven(given.name, given.value ?? '', 'the input', io) }
}

/** The flow as its file has it now, with the overrides that are given; undefined if none are. */
async function patchedPlan({ args, io, messages }: RunsContext, created: Created): Promise<Plan | undefined> {
  const overrides = await readOverrides(args, io)
  if (overrides.length === 0) return undefined
  const flow = created.options?.trigger?.flow
  if (flow === undefined) {
    throw usage({ name: 'runs' }, 'overrides patch the text of a flow, but this run does not say where its flow is')
  }
  const { plan, text, diagnostics, isEdited } = await patchFlow(created, flow, overrides, io.cwd)
  if (!plan) {
    throw new FlowError(
      'INVALID_FLOW',
      describeDiagnostics(diagnostics, { text, color: io.terminal.color.err }).trimEnd(),
    )
  }
  if (isEdited) {
    messages.hint(`${flow} is not as it was when the run was begun: with overrides, the run takes it as it is now`)
  }
  return plan
}
