// A batch on a cluster: each line is a run of its own, RUN.0, RUN.1, ..., so many of them open at once. Their results come in the
// order of the lines, or as they end. The same key again finds the runs that are there.

import { type ErrorValue, errorValue, FlowError, failed, RefusedInput } from '@stepflow/engine'
import { type RunsElsewhere, readLines, type StartElsewhere } from '@stepflow/host'
import { countOption, outputOf, usage } from '../args.ts'
import { openInput, refuseSameFile } from '../batch/open-files.ts'
import { withResultWriter } from '../batch/result-output.ts'
import type { ResultWriter } from '../batch/write-results.ts'
import { onInterrupt } from '../interrupts.ts'
import { outputAt } from '../remote/follow-run.ts'
import { refuseResults } from '../remote/submit-batch.ts'
import type { SubmitElsewhere } from './submit-elsewhere.ts'

export interface BatchElsewhere extends SubmitElsewhere {
  readonly runs: RunsElsewhere
  readonly common: Omit<StartElsewhere, 'id' | 'input'>
  readonly key: string
}

/** Answers the exit code. */
export async function batchElsewhere(at: BatchElsewhere): Promise<number> {
  const { command, args, io, messages, key } = at
  const open = countOption(command, args, 'max-concurrent') ?? DEFAULT_OPEN
  const input = openInput(args.value('inputs') as string, io) // asked for before a batch is sent
  const output = outputOf(args)
  const lines = readLines({ read: input.read }).values
  try {
    refuseSameFile(input, output, io)
    if (args.has('detach')) return await beginAll(at, lines)
    refuseResults(args, io, output)
    messages.hint(`runs ${key}.0, ${key}.1, ... at ${at.runs.place}`)
    return await withResultWriter(outputAt(at), (writer) => follow(at, lines, open, writer))
  } finally {
    input.close()
  }
}

// ---

const DEFAULT_OPEN = 64
/** So many are being begun at once where nobody waits for their ends. */
const DETACHED = 16
/** So many lines without a run are reported one by one. */
const MOST_REPORTED = 5

/** Waits for none of their ends. */
async function beginAll(at: BatchElsewhere, lines: AsyncIterable<unknown>): Promise<number> {
  const { command, args, io, messages, key } = at
  if (args.value('max-concurrent') !== undefined) {
    throw usage(command, '--max-concurrent does not go with --detach here: whoever waits for the runs bounds them')
  }
  let [count, without] = [0, 0]
  await eachLine(lines, DETACHED, async (index, line) => {
    count++
    const refused = await begin(at, index, line)
    if (refused && ++without <= MOST_REPORTED) messages.problem(`${key}.${index} is not begun: ${refused.message}`)
  })
  const begun = count - without
  if (without > 0) messages.problem(`lines that have no run: ${without}`)
  if (begun === 0) messages.hint('no run was begun')
  else {
    io.out(`${key}\n`)
    messages.hint(begun === 1 ? '1 run was begun' : `${begun} runs were begun: from ${key}.0 to ${key}.${count - 1}`)
  }
  return without > 0 && !args.has('allow-failures') ? 1 : 0
}

async function follow(at: BatchElsewhere, lines: AsyncIterable<unknown>, open: number, writer: ResultWriter) {
  const { runs, args, key, messages } = at
  let isLeft = false
  let leave = () => {}
  const left = new Promise<undefined>((resolve) => {
    leave = () => resolve(undefined)
  })
  const restore = onInterrupt(() => {
    isLeft = true
    messages.problem(
      `left: the runs that have begun go on. The same command with --idempotency-key ${key} goes on with them`,
    )
    leave()
  })
  try {
    await Promise.race([
      left,
      eachLine(lines, open, async (index, line) => {
        if (isLeft) return
        const refused = await begin(at, index, line)
        const outcome = refused ? failed(refused) : await runs.outcome(`${key}.${index}`)
        if (!isLeft) await writer.add(index, outcome)
      }),
    ])
    await writer.flush()
    if (isLeft) return 130
    const { counts } = writer
    const all = counts.success + counts.skipped + counts.failed
    messages.hint(`${all} items: ${counts.success} succeeded, ${counts.skipped} skipped, ${counts.failed} failed`)
    return counts.failed > 0 && !args.has('allow-failures') ? 1 : 0
  } finally {
    restore()
  }
}

/** What is wrong with a line that cannot be read, or is too large: no run begins for it. */
async function begin(
  { runs, common, key }: BatchElsewhere,
  index: number,
  line: unknown,
): Promise<ErrorValue | undefined> {
  if (line instanceof RefusedInput) return { code: 'INVALID_INPUT', message: line.message }
  try {
    await runs.start({ ...common, id: `${key}.${index}`, input: line })
    return undefined
  } catch (thrown) {
    if (FlowError.is(thrown) && thrown.code === 'TOO_LARGE') return errorValue(thrown)
    throw thrown
  }
}

/** So many at once; the first that throws ends it. */
async function eachLine(
  lines: AsyncIterable<unknown>,
  most: number,
  work: (index: number, line: unknown) => Promise<void>,
): Promise<void> {
  const open = new Set<Promise<void>>()
  let fail: (thrown: unknown) => void = () => {}
  // Also heard while the next line is waited for.
  const failure = new Promise<never>((_, reject) => {
    fail = reject
  })
  let isOver = false
  const all = async () => {
    let index = 0
    for await (const line of lines) {
      if (isOver) return
      const one: Promise<void> = work(index++, line).finally(() => open.delete(one))
      one.catch(fail)
      open.add(one)
      if (open.size >= most) await Promise.race(open)
    }
    await Promise.all(open)
  }
  try {
    await Promise.race([failure, all()])
  } finally {
    isOver = true
  }
}
