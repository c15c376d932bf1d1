// A batch on a cluster: each line is a run of its own, RUN.0, RUN.1, ..., so many of them open at once. Their results come in the
// order of the lines, or as they end. The same key again finds the runs that are there.

import { type Outcome, RefusedInput } from '@stepflow/engine'
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
    if (args.has('detach')) {
      if (args.value('max-concurrent') !== undefined) {
        throw usage(command, '--max-concurrent does not go with --detach here: whoever waits for the runs bounds them')
      }
      let count = 0
      await eachLine(lines, DETACHED, async (index, line) => {
        await begin(at, index, line)
        count++
      })
      io.out(`${key}\n`)
      messages.hint(`${count} runs were begun: ${key}.0 to ${key}.${count - 1}`)
      return 0
    }
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
        const outcome = (await begin(at, index, line)) ?? (await runs.outcome(`${key}.${index}`))
        if (!isLeft) await writer.add(index, outcome)
      }),
    ])
    await writer.flush()
    if (isLeft) return 130
    const { success, skipped, failed } = writer.counts
    messages.hint(`${success + skipped + failed} items: ${success} succeeded, ${skipped} skipped, ${failed} failed`)
    return failed > 0 && !args.has('allow-failures') ? 1 : 0
  } finally {
    restore()
  }
}

/** The outcome of a line that could not be read: no run begins for it. */
async function begin(
  { runs, common, key }: BatchElsewhere,
  index: number,
  line: unknown,
): Promise<Outcome | undefined> {
  if (line instanceof RefusedInput) {
    return { outcome: 'failed', error: { code: 'INVALID_INPUT', message: line.message } }
  }
  await runs.start({ ...common, id: `${key}.${index}`, input: line })
  return undefined
}

/** So many at once; the first that throws ends it. */
async function eachLine(
  lines: AsyncIterable<unknown>,
  most: number,
  work: (index: number, line: unknown) => Promise<void>,
): Promise<void> {
  const open = new Set<Promise<void>>()
  let index = 0
  for await (const line of lines) {
    const one: Promise<void> = work(index++, line).finally(() => open.delete(one))
    open.add(one)
    if (open.size >= most) await Promise.race(open)
  }
  await Promise.all(open)
}
