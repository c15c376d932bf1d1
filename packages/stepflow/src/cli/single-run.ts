// Follows one run of one input to its end: shows it, says what it waits for, writes its result. Starts nothing itself.

import { extname } from 'node:path'
import { FlowError, type JournalEntry, type Outcome, type Plan, type RunHandle, type Store } from '@stepflow/engine'
import type { Io } from './command.ts'
import { onInterrupt } from './interrupts.ts'
import type { Messages } from './messages.ts'
import { outcomeLine, writeOutcome } from './outcome-line.ts'
import { prettyJson } from './pretty-json.ts'
import { showRun } from './progress/show-run.ts'
import { watchWaits } from './progress/watch-waits.ts'
import { announceRun } from './run-line.ts'
import { writeText } from './write-file.ts'

export interface SingleRun {
  readonly plan: Plan
  readonly store: Store
  /** What leads a command to the store: `['--store', 'sqlite:runs.db']`. */
  readonly storeWords: readonly string[]
  readonly output: string | undefined
  /** As a program reads it, also on a terminal. */
  readonly isJson: boolean
  /** Opens the page of the run. */
  readonly opens?: boolean
  readonly io: Io
  readonly messages: Messages
  /** Starts the run, or takes it up; from then on `see` is told of everything. */
  begin(see: (entries: readonly JournalEntry[]) => void): Promise<RunHandle>
}

/** Answers the exit code. An interrupt cancels a run that is only in memory, and leaves one that is kept as it is. */
export async function followSingle({
  plan,
  store,
  storeWords,
  output,
  isJson,
  opens,
  io,
  messages,
  begin,
}: SingleRun): Promise<number> {
  const display = showRun(plan, io, messages)
  const waits = watchWaits(plan, (text) => messages.hint(text), store.durable ? storeWords : undefined)
  let leave = () => {}
  const left = new Promise<undefined>((resolve) => {
    leave = () => resolve(undefined)
  })
  let handle: RunHandle | undefined
  let restore = () => {}
  let outcome: Outcome | undefined
  let isLeft = false
  try {
    handle = await begin((entries) => {
      display.see(entries)
      waits.see(entries)
    })
    const { id, cancel } = handle
    restore = onInterrupt(() => {
      if (store.durable) {
        isLeft = true
        return leave()
      }
      messages.hint('stopping; press Ctrl-C again to stop at once')
      void cancel('interrupted')
    })
    await announceRun({ store, io, messages, opens }, id)
    waits.name(id)
    outcome = await Promise.race([lastOutcome(handle), left])
  } finally {
    display.end()
    restore()
  }
  if (isLeft) {
    messages.problem(`run ${handle.id} is interrupted and kept. To continue it:\n  ${goOn(handle.id, storeWords)}`)
    return 130
  }
  if (!outcome) return explainMissing(handle, storeWords, messages)
  return reportOutcome(outcome, { output, isJson, io, messages })
}

/** Writes how a run of one input has ended; answers the exit code. */
export async function reportOutcome(
  outcome: Outcome,
  { output, isJson, io, messages }: Pick<SingleRun, 'output' | 'isJson' | 'io' | 'messages'>,
): Promise<number> {
  try {
    const told = await writeResult(outcome, output, isJson, io)
    if (output !== undefined) messages.hint(`the result is in ${output}`)
    return exitOf(told)
  } catch (thrown) {
    if (output === undefined || !FlowError.is(thrown)) throw thrown
    // It was computed, and maybe paid for: it may stand in no other place.
    await writeResult(outcome, undefined, isJson, io)
    throw new FlowError('RESOURCE_UNAVAILABLE', `${thrown.message}; the result is on stdout instead`, { cause: thrown })
  }
}

/** The exit code that an item's outcome means. */
export function exitOf(outcome: Outcome): number {
  if (outcome.outcome !== 'failed') return 0
  const { code, step } = outcome.error
  if (code === 'CANCELLED') return 130
  // Refused before its first step: nothing ran.
  return code === 'INVALID_INPUT' && step === undefined ? 2 : 1
}

/** The command that takes up a run. */
export function goOn(id: string, storeWords: readonly string[]): string {
  return ['stepflow runs resume', id, ...storeWords].join(' ')
}

/** Why a run has ended for us although it has results still to come; answers the exit code. */
export async function explainMissing(
  handle: RunHandle,
  storeWords: readonly string[],
  messages: Messages,
): Promise<number> {
  const { status } = await handle.ended
  if (status === 'cancelled') {
    messages.problem(`run ${handle.id} was cancelled`)
    return 130
  }
  messages.problem(
    `run ${handle.id} was taken over by another process, which continues it: stepflow ${['runs show', handle.id, ...storeWords].join(' ')}`,
  )
  return 1
}

// ---

async function lastOutcome(handle: RunHandle): Promise<Outcome | undefined> {
  let last: Outcome | undefined
  for await (const { outcome } of handle.results('input')) last = outcome
  return last
}

/** Answers what was told. */
async function writeResult(outcome: Outcome, output: string | undefined, isJson: boolean, io: Io): Promise<Outcome> {
  if (output === undefined && io.terminal.out && !isJson) {
    const { told } = outcomeLine(outcome)
    io.out(`${prettyJson(told, io.terminal.color.out)}\n`)
    return told
  }
  if (output !== undefined && ['.yaml', '.yml'].includes(extname(output).toLowerCase())) {
    const { told } = outcomeLine(outcome)
    writeText(output, (await import('yaml')).stringify(told, { lineWidth: 0 }), 'the output', io.cwd)
    return told
  }
  return writeOutcome(outcome, (text) => {
    if (output !== undefined) return writeText(output, text, 'the output', io.cwd)
    // A file can be written anew; what stands on stdout stays.
    for (const _ of text);
    for (const piece of text) io.out(piece)
  })
}
