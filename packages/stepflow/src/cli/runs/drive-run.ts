// stepflow runs resume, rerun: drives a recorded run in this process, with the plan that is recorded, until it has ended.

import {
  FlowError,
  isEnded,
  type JournalEntry,
  type PlanEngine,
  type RerunOptions,
  type RunHandle,
  type RunRow,
} from '@stepflow/engine'
import { type Created, editedInput, findRun, readCreated, refuseChanged, reopenRun } from '@stepflow/host/history'
import { outputOf } from '../args.ts'
import { describeDiagnostics } from '../code-frame.ts'
import type { Option } from '../command.ts'
import { refuseOverwriting } from '../keep-sources.ts'
import { shellWord } from '../progress/watch-waits.ts'
import { takeUp } from '../recorded-run.ts'
import { followSingle } from '../single-run.ts'
import { inputOptions, overrideOptions, readGiven, readVariables, variableOptions } from '../sources.ts'
import { STORE_PATIENCE_MS } from '../store-option.ts'
import { checkWritable } from '../write-file.ts'
import { type Action, jsonOption, type RunsContext, secretsOption } from './action.ts'
import { followMany } from './follow-many.ts'
import { itemRanges } from './item-number.ts'
import { inputAgain, nextPlan, startOf, tellNothing, tellPreview } from './prepare-rerun.ts'
import { rerunAtServer } from './rerun-at-server.ts'
import { teller, tellServer } from './signal-run.ts'

const driving: readonly Option[] = [
  { name: 'output', short: 'o', value: 'FILE', does: 'the file for the result or the results', default: 'stdout' },
  { name: 'allow-failures', does: 'exit with 0 even if items of a batch failed' },
  secretsOption,
  { ...jsonOption, does: 'print the result on one line, even on a terminal' },
]

export const resume: Action = {
  name: 'runs resume',
  summary: 'continue a run whose process is gone, or that was paused',
  operands: 'ID',
  takesEngine: true,
  options: driving,
  examples: [{ does: 'continue a run from where it was', line: 'stepflow runs resume ID' }],
  async run(at) {
    const { store, messages, operands } = at
    const row = await findRun(store, operands[0] as string) // there as its operands say
    if (isEnded(row.status)) {
      throw new FlowError(
        'CONFLICT',
        `run ${row.id} has ended (${row.status}); \`stepflow runs rerun ${row.id}\` repeats it`,
      )
    }
    const holder = (await store.runs.open(row.id)).find(({ heldBy }) => heldBy)?.heldBy
    if (holder) {
      if (row.status === 'paused') await teller(at).signal(row.id, { name: 'resume' })
      messages.hint(`run ${row.id} continues: ${holder} drives it`)
      return 0
    }
    const created = await readCreated(store, row.id)
    if (row.items.total < 0) throw lacksInputs(row, at)
    return drive(at, row, created, (engine, see) => takeUp({ engine, store, run: row, messages, see }))
  },
  remote: (at) => tellServer(at, 'continues at the server', (id) => at.client.resumeRun(id)),
}

export const rerun: Action = {
  name: 'runs rerun',
  summary: 'repeat a run that has ended, as a new run: all of it, from a step on, or what failed',
  operands: 'ID',
  options: [
    { name: 'from', value: 'STEP', does: 'repeat from this step on; the results of earlier steps are taken over' },
    {
      name: 'failed',
      does: 'repeat the failed items from their failed steps; the results of other steps are taken over',
    },
    {
      name: 'items',
      value: 'LIST',
      does: 'repeat only these items of a batch, counted from 0: 1,5-9; the others keep their results',
    },
    {
      name: 'flow',
      value: 'FILE',
      does: 'the flow to continue with, if it was changed; steps whose results are taken over must be unchanged',
    },
    { name: 'dry-run', does: 'only print what would be taken over and what would be repeated' },
    ...inputOptions.filter(({ name }) => name !== 'stdin-format'),
    ...variableOptions.filter(({ name }) => name !== 'secrets'),
    ...overrideOptions,
    ...driving,
  ],
  examples: [
    { does: 'repeat a run from the steps that failed', line: 'stepflow runs rerun ID --failed' },
    {
      does: 'repeat a run from one step on, with another input',
      line: `stepflow runs rerun ID --from enrich --input-json '{"n": 2}'`,
    },
    { does: 'repeat some items of a batch, even if they were skipped', line: 'stepflow runs rerun ID --items 3,10-19' },
    {
      does: 'repeat from a step on, with the corrected flow',
      line: 'stepflow runs rerun ID --from enrich --flow flow.yaml',
    },
    { does: 'print what would be repeated', line: 'stepflow runs rerun ID --failed --dry-run' },
  ],
  async run(at) {
    const { command, args, io, messages, store, operands } = at
    const row = await findRun(store, operands[0] as string) // there as its operands say
    const created = await readCreated(store, row.id)
    const step = startOf(at)
    const input = await givenAgain(at, row, created)
    const items = itemRanges(command, args, row)
    const changed = await nextPlan(at, created)
    const variables = await readVariables(args, changed?.plan ?? created.plan, io, messages)
    const { flow, config } = row.trigger ?? ({} as Readonly<Record<string, string>>)
    const file = changed?.file ?? flow
    const options: RerunOptions = {
      ...(step !== undefined ? { from: { step } } : args.has('failed') ? { from: { failed: true } } : {}),
      ...(items ? { items } : {}),
      ...(input ? { inputs: [input.value] } : {}),
      ...(Object.keys(variables).length === 0 ? {} : { variables: { ...created.options?.variables, ...variables } }),
      ...changed?.options,
      trigger: {
        type: 'cli',
        ...(file === undefined ? {} : { flow: file }),
        ...(config === undefined ? {} : { config }),
      },
    }
    const preview = await teller(at).previewRerun(row.id, options)
    if (changed?.isOther) refuseChanged(created.plan, changed.plan, preview)
    if (args.has('dry-run')) return tellPreview(at, preview)
    if (preview.items.again === 0) return tellNothing(at, row)
    // Components are looked for beside the flow that is run.
    const place = changed?.isOther
      ? { ...row, trigger: { ...row.trigger, type: 'cli' as const, flow: changed.file } }
      : row
    return drive(at, place, changed ? { ...created, plan: changed.plan } : created, (engine, see) =>
      engine.rerun(row.id, { ...options, watch: see }),
    )
  },
  remote: rerunAtServer,
}

// ---

type Begin = (engine: PlanEngine, see: (entries: readonly JournalEntry[]) => void) => Promise<RunHandle>

/** Wires what the flow calls, as it was when the run was begun, and follows the run to its end. */
async function drive(at: RunsContext, row: RunRow, { plan }: Created, begin: Begin): Promise<number> {
  const { command, args, io, messages, store, place, secrets, storeWords } = at
  const output = outputOf(args)
  if (output !== undefined) {
    checkWritable(output, io.cwd)
    refuseOverwriting(command, output, { ...row.trigger, store: place }, args, io)
  }
  const { diagnostics, wired } = await reopenRun({
    store,
    row,
    plan,
    cwd: io.cwd,
    env: io.env,
    configFile: args.value('config'),
    secrets,
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
      `run ${id} was interrupted while it was being created: stepflow runs rerun ${origin.runId} creates it again`,
    )
  }
  const words = ['stepflow', 'run', flow ?? 'FLOW', '--inputs', inputs ?? 'FILE', ...storeWords, `--resume=${id}`]
  return new FlowError(
    'INVALID_INPUT',
    `run ${id} has not read all of its inputs yet. To continue it:\n  ${words.map(shellWord).join(' ')}`,
  )
}

async function givenAgain(
  at: RunsContext,
  row: RunRow,
  created: Created,
): Promise<{ readonly value: unknown } | undefined> {
  const { io, reader } = at
  const given = inputAgain(at, row)
  if (!given) return undefined
  const value = await readGiven(given.name, given.value ?? '', 'the input', io)
  return { value: await editedInput(await reader.open(row.id), created, value) }
}
