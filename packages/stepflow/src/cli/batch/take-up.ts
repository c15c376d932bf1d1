// Where a batch begins: anew, behind the lines of its output, or with the run that is recorded. Refuses what would lose
// results, or mix those of two batches. Starts nothing.

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { FlowError, type RunRow } from '@stepflow/engine'
import { cannot, type Lines } from '@stepflow/host'
import { usage } from '../args.ts'
import { describeOrigin, findEdited, findRunToResume, type Origin } from '../recorded-run.ts'
import { countLines } from './count-lines.ts'
import { resumeLine } from './go-on.ts'
import type { OpenBatch } from './open-batch.ts'
import { countResults, type Kept, readKept } from './resume.ts'

/** Where the batch is recorded, if it is. */
export interface Recorded {
  readonly origin: Origin
  /** The run that is taken up; absent: a new one begins. */
  readonly run?: RunRow
}

/** An output with fewer results than there are lines is an unfinished batch: it is not replaced unasked. */
export async function refuseUnfinished({ args, io, input, output, limit }: OpenBatch): Promise<void> {
  if (output === undefined || args.has('resume') || args.has('force')) return
  let results: number | undefined
  try {
    results = countResults(resolve(io.cwd, output))
  } catch (thrown) {
    throw cannot('read', output, 'the output', thrown)
  }
  // Of a pipe nobody knows how many lines there will be.
  if (results === undefined || input.size === undefined) return
  const lines = await countLines(input.fd, Math.min(results + 1, limit ?? Number.POSITIVE_INFINITY))
  if (lines <= results) return
  throw new FlowError(
    'INVALID_INPUT',
    `${output} holds ${results === 1 ? '1 result' : `${results} results`} of an unfinished batch. To continue it:\n  ${resumeLine()}\n--force replaces it`,
  )
}

/** Undefined where nothing is recorded. */
export async function whereToBegin(batch: OpenBatch): Promise<Recorded | undefined> {
  const { project, plan, options, args, io, messages, limit } = batch
  const { store, file } = project
  const named = args.value('resume')
  if (!store.durable) {
    if (named !== undefined) warnOfEdited(batch)
    return undefined
  }
  const origin = describeOrigin({ plan, file, args, io, variables: options.variables, limit })
  if (named === undefined) return { origin }
  const run = await findRunToResume(store, origin, named)
  if (run) return { origin, run }
  if (!args.has('force')) await refuseOthers(batch, origin)
  messages.hint('no run of this flow with these inputs is recorded: beginning a new one')
  return { origin }
}

/** The lines of the output that stay; undefined if it is written anew. */
export function keptBefore(batch: OpenBatch, recorded: Recorded | undefined): Kept | undefined {
  const { args, output, order, io } = batch
  if (!args.has('resume')) return undefined
  if (output === undefined) {
    // What is recorded can be told again from the first result.
    if (recorded) return undefined
    throw usage({ name: 'run' }, '--resume continues after the lines of the output: name the output with --output FILE')
  }
  try {
    return readKept(resolve(io.cwd, output), order)
  } catch (thrown) {
    if (FlowError.is(thrown)) throw thrown
    throw cannot('read', output, 'the output', thrown)
  }
}

/** A new run behind results of before has to know how many they were: its first item is the line after them. */
export function beginBehind(
  recorded: Recorded | undefined,
  kept: Kept | undefined,
  order: 'input' | 'completion',
): Recorded | undefined {
  if (!recorded || recorded.run || !kept || kept.lines === 0) return recorded
  if (order === 'input') return { origin: { ...recorded.origin, kept: String(kept.lines) } }
  throw usage(
    { name: 'run' },
    'no run of this batch is recorded, and its output is in the order of completion: to continue it, leave out --store',
  )
}

/** Results behind which nothing was left to do may be those of other inputs: more than there are lines must be. */
export function refuseOtherOutput(
  { output }: OpenBatch,
  kept: Kept | undefined,
  lines: Lines,
  recorded: Recorded | undefined,
): void {
  // A run that is taken up has these inputs, and need not have read them to the end.
  if (!kept || recorded?.run || kept.lines <= lines.items) return
  throw new FlowError(
    'INVALID_INPUT',
    `${output} holds ${kept.lines} results, but the inputs have only ${lines.items} lines: it is the output of another batch; use --force instead of --resume to replace it`,
  )
}

// ---

/** A batch of the same file that was begun with another flow or other variables: its results are not to be mixed with ours. */
async function refuseOthers({ project, output, io }: OpenBatch, origin: Origin): Promise<void> {
  const before = await findEdited(project.store, origin)
  if (!before) return
  const isEdited = before.trigger?.plan !== origin.plan
  // Other variables are no reason for doubt where there is nothing yet to mix.
  if (!isEdited && !(output !== undefined && countResults(resolve(io.cwd, output)))) return
  const { id } = before
  const what = isEdited ? `the flow was edited since run ${id} began` : `run ${id} was begun with other variables`
  const after = output === undefined ? '' : ` after the results that are in ${output}`
  throw new FlowError(
    'CONFLICT',
    `${what}: \`stepflow runs resume ${id}\` continues that run as it was; --force begins a new run${after}`,
  )
}

/** Without a store nobody knows which flow the results are of; which file was written last is a hint. */
function warnOfEdited({ project, output, io, messages }: OpenBatch): void {
  if (output === undefined) return
  const changedAt = (file: string) => statSync(resolve(io.cwd, file), { throwIfNoEntry: false })?.mtimeMs
  const [flow, results] = [changedAt(project.file), changedAt(output)]
  if (flow === undefined || results === undefined || flow <= results) return
  messages.hint(
    `warning: ${project.file} was changed after ${output} was last written: the output may mix results of two flows`,
  )
}
