// stepflow runs: the history, and what can be done with a run that is recorded. Each action is a file in ../runs.

import type { Command } from '../command.ts'
import { type Action, commandOf } from '../runs/action.ts'
import { rerun, resume } from '../runs/drive-run.ts'
import { list } from '../runs/list-runs.ts'
import { exportRun, importRun } from '../runs/move-run.ts'
import { deleteRuns, prune } from '../runs/remove-runs.ts'
import { show } from '../runs/show-run.ts'
import { cancel, pause, signal } from '../runs/signal-run.ts'
import { watch } from '../runs/watch-run.ts'

const all: readonly Action[] = [
  ...[list, show, watch, cancel, pause, resume, rerun, signal],
  ...[exportRun, importRun, deleteRuns, prune],
]
const actions = all.map((action) => commandOf(action, all))

export const runs: Command = {
  name: 'runs',
  summary: 'list, show and control recorded runs, repeat them, export and import them',
  operands: '[ACTION]',
  words: all.map(({ name }) => name.slice('runs '.length)),
  actions,
  options: list.options,
  examples: [
    { does: 'list the newest runs, in .stepflow/ or in another store', line: 'stepflow runs --store sqlite:runs.db' },
    { does: 'show the steps of a run', line: 'stepflow runs show ID' },
    { does: 'continue a run whose process is gone, or that was paused', line: 'stepflow runs resume ID' },
    { does: 'repeat a run from the steps that failed', line: 'stepflow runs rerun ID --failed' },
    {
      does: 'send the signal that a run waits for',
      line: `stepflow runs signal ID approve --input-json '{"by": "Ada"}'`,
    },
    {
      does: 'write a run to a file, and read it back',
      line: 'stepflow runs export ID --output run.json; stepflow runs import run.json',
    },
  ],
  // Without an action, the first one is run.
  run: (actions[0] as Command).run,
}
