// stepflow runs delete, prune: runs that have ended, out of the store. A run under way is refused, not stopped.

import { FlowError, isEnded } from '@stepflow/engine'
import { type Keep, pruneRuns } from '@stepflow/host/history'
import { countOption, durationOption, usage } from '../args.ts'
import { number } from '../progress/number.ts'
import { type Action, jsonOption, type RemoteContext, type RunsContext } from './action.ts'

export const deleteRuns: Action = {
  name: 'runs delete',
  summary: 'delete a run that has ended, with everything that is recorded of it',
  operands: 'ID',
  options: [{ ...jsonOption, does: 'print {runId}' }],
  examples: [{ does: 'one run; `runs prune` deletes many', line: 'stepflow runs delete ID' }],
  async run({ args, io, reader, store, messages, operands }) {
    const { row } = await reader.open(operands[0] as string) // there as its operands say
    if (!isEnded(row.status)) {
      throw new FlowError(
        'CONFLICT',
        `run ${row.id} has not ended (${row.status}): wait for it, or \`stepflow runs cancel ${row.id}\` first`,
      )
    }
    await store.runs.remove(row.id)
    if (args.has('json')) io.out(`${JSON.stringify({ runId: row.id })}\n`)
    else messages.hint(`run ${row.id} is deleted`)
    return 0
  },
  async remote({ args, io, messages, client, operands }) {
    const [runId] = operands as [string] // there as its operands say
    await client.deleteRun(runId)
    if (args.has('json')) io.out(`${JSON.stringify({ runId })}\n`)
    else messages.hint(`run ${runId} is deleted`)
    return 0
  },
}

export const prune: Action = {
  name: 'runs prune',
  summary: 'delete runs that ended long ago, and blobs that no run refers to any more',
  operands: '',
  options: [
    { name: 'older-than', value: 'TIME', does: 'delete runs that ended longer ago than this: 30d, 12h' },
    { name: 'keep', value: 'N', does: 'delete all but the newest N of the runs that have ended' },
    { ...jsonOption, does: 'print {runs, blobs}: how many were deleted' },
  ],
  examples: [
    { does: 'keep a month', line: 'stepflow runs prune --older-than 30d' },
    { does: 'keep the newest thousand', line: 'stepflow runs prune --keep 1000' },
  ],
  run: async (at) => tellPruned(at, await pruneRuns(at.store.runs, whichToKeep(at))),
  async remote(at) {
    const { maxAgeMs, maxRuns } = whichToKeep(at)
    const maxAge = maxAgeMs === undefined ? {} : { maxAge: `${maxAgeMs}ms` }
    return tellPruned(at, await at.client.pruneRuns({ ...maxAge, ...(maxRuns === undefined ? {} : { maxRuns }) }))
  },
}

// ---

function whichToKeep({ command, args }: RunsContext | RemoteContext): Keep {
  const maxAgeMs = durationOption(command, args, 'older-than')
  const maxRuns = countOption(command, args, 'keep')
  if (maxAgeMs === undefined && maxRuns === undefined) {
    throw usage(command, 'needs to know which runs to delete: --older-than 30d, or --keep 1000')
  }
  return { ...(maxAgeMs === undefined ? {} : { maxAgeMs }), ...(maxRuns === undefined ? {} : { maxRuns }) }
}

function tellPruned(
  { args, io, messages }: RunsContext | RemoteContext,
  pruned: { runs: number; blobs: number },
): number {
  if (args.has('json')) io.out(`${JSON.stringify(pruned)}\n`)
  else messages.hint(`deleted: ${number(pruned.runs)} runs, ${number(pruned.blobs)} blobs`)
  return 0
}
