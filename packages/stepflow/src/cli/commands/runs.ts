// stepflow runs: the history, and what can be done with a run that is recorded. Each action is a file in ../runs.

import { suggest } from '@stepflow/engine'
import { knownSecrets } from '@stepflow/host'
import { createRunReader } from '@stepflow/host/history'
import { usage } from '../args.ts'
import type { Args, Command } from '../command.ts'
import { createMessages } from '../messages.ts'
import type { Action } from '../runs/action.ts'
import { rerun, resume } from '../runs/drive-run.ts'
import { list } from '../runs/list-runs.ts'
import { exportRun, importRun } from '../runs/move-run.ts'
import { openRuns } from '../runs/open-runs.ts'
import { show } from '../runs/show-run.ts'
import { cancel, pause, signal } from '../runs/tell-run.ts'
import { inputOptions, overrideOptions, variableOptions } from '../sources.ts'
import { storeOption, storeWords } from '../store-option.ts'

const actions: Readonly<Record<string, Action>> = {
  list,
  show,
  cancel,
  pause,
  resume,
  rerun,
  signal,
  export: exportRun,
  import: importRun,
}

export const runs: Command = {
  name: 'runs',
  summary: 'look at recorded runs, steer them, run them again, take them along',
  operands: 'ACTION [ID] [NAME]',
  words: Object.keys(actions),
  options: [
    storeOption,
    { name: 'config', value: 'FILE', does: 'the configuration; else that beside the flow of the run, or here' },
    {
      name: 'status',
      value: 'STATUS',
      choices: ['queued', 'running', 'paused', 'completed', 'failed', 'cancelled'],
      does: 'list: only runs in this state',
    },
    { name: 'flow', value: 'FILE', does: 'list: only runs of this flow, as it was named' },
    { name: 'label', value: 'NAME=VALUE', many: true, does: 'list: only runs with this label' },
    { name: 'limit', value: 'N', does: 'list: how many runs, 50; show: how many results of a batch, 10' },
    { name: 'item', value: 'N', does: 'show, signal: one item of a batch, from 0' },
    { name: 'from', value: 'STEP', does: 'rerun: from this step on; what came before it is taken over' },
    { name: 'failed', does: 'rerun: from the failed steps; what succeeded is taken over' },
    ...inputOptions.filter(({ name }) => name !== 'stdin-format'),
    ...variableOptions,
    ...overrideOptions,
    { name: 'id', value: 'ID', does: 'signal: the same id counts once, however often it is sent' },
    { name: 'output', short: 'o', value: 'FILE', does: 'where the result, or the export, goes; else stdout' },
    { name: 'allow-failures', does: 'resume, rerun: exit 0 though items of a batch failed' },
    { name: 'json', does: 'print what a program can read' },
  ],
  examples: [
    { does: 'the newest runs, of .stepflow/ or of another store', line: 'stepflow runs list --store sqlite:runs.db' },
    { does: 'the steps of a run', line: 'stepflow runs show ID' },
    { does: 'go on with a run whose process is gone, or that was paused', line: 'stepflow runs resume ID' },
    { does: 'again, from the steps that failed', line: 'stepflow runs rerun ID --failed' },
    {
      does: 'again from one step on, with another input',
      line: `stepflow runs rerun ID --from enrich --input-json '{"n": 2}'`,
    },
    { does: 'what a run waits for', line: `stepflow runs signal ID approve --input-json '{"by": "Ada"}'` },
    {
      does: 'a run as one file, and back',
      line: 'stepflow runs export ID --output run.json; stepflow runs import run.json',
    },
  ],
  async run(args, io) {
    const [name, ...operands] = args.operands
    const action = actionNamed(name)
    refuseOthers(name as string, action, args)
    refuseOperands(name as string, action, operands)
    const messages = createMessages(args, io)
    const { store, place } = await openRuns({ args, io, messages, makesStore: action.makesStore === true })
    try {
      const reader = createRunReader(store, await knownSecrets(io.env, args.value('secrets'), io.cwd))
      return await action.run({ args, operands, io, messages, store, reader, place, storeWords: storeWords(place, io) })
    } finally {
      await store.close()
    }
  },
}

// ---

function actionNamed(name: string | undefined): Action {
  const names = Object.keys(actions)
  if (name === undefined) throw usage(runs, `needs an action: ${names.join(', ')}`)
  if (Object.hasOwn(actions, name)) return actions[name] as Action
  const near = suggest(name, names)
  throw usage(
    runs,
    `there is no action "${name}"${near ? `. Did you mean "${near}"?` : `; there are: ${names.join(', ')}`}`,
  )
}

const EVERYWHERE: ReadonlySet<string> = new Set(['store', 'config', 'json'])

/** An option of another action is a mistake, not a wish that may be passed over. */
function refuseOthers(name: string, { options }: Action, args: Args) {
  const own = new Set(runs.options.map((option) => option.name))
  const other = args.given.find((one) => own.has(one.name) && !EVERYWHERE.has(one.name) && !options.includes(one.name))
  if (other) throw usage(runs, `--${other.name} has no meaning for ${name}`)
}

function refuseOperands(name: string, { operands }: Action, given: readonly string[]) {
  const wanted = operands === '' ? [] : operands.split(' ')
  if (given.length === wanted.length) return
  const line = ['stepflow runs', name, operands].join(' ').trim()
  throw usage(
    runs,
    `${name} takes ${wanted.length === 0 ? 'no argument' : operands}, but there ${given.length === 1 ? 'is' : 'are'} ${given.length}: ${line}`,
  )
}
