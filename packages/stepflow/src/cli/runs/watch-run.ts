// stepflow runs watch: follows a run that some process drives until it ends, then prints what `run` would have. Drives
// nothing; an interrupt ends the watching.

import { setTimeout as pause } from 'node:timers/promises'
import { FlowError, isEnded, type RunRow } from '@stepflow/engine'
import { type RecordedRun, summaryOf } from '@stepflow/host/history'
import type { Io } from '../command.ts'
import { onInterrupt } from '../interrupts.ts'
import { outcomeLine } from '../outcome-line.ts'
import { prettyJson } from '../pretty-json.ts'
import { describeEnd, followProgress } from '../progress/batch-progress.ts'
import { showBatch } from '../progress/show-batch.ts'
import { showRun } from '../progress/show-run.ts'
import { watchWaits } from '../progress/watch-waits.ts'
import { exitOf, goOn } from '../single-run.ts'
import { type Action, jsonOption, type RunsContext, secretsOption } from './action.ts'
import { watchAtServer } from './watch-at-server.ts'

export const watch: Action = {
  name: 'runs watch',
  summary: 'follow a run until it ends, then print its result, or those of a batch; exits like `run`',
  operands: 'ID',
  options: [secretsOption, { ...jsonOption, does: 'print the run summary at the end' }],
  examples: [{ does: 'follow a run of another process', line: 'stepflow runs watch ID' }],
  async run(at) {
    const { args, io, messages, reader, operands } = at
    const recorded = await reader.open(operands[0] as string) // there as its operands say
    const row = recorded.row.items.total === 1 ? await followOne(at, recorded) : await followBatch(at, recorded)
    if (row === 'interrupted') {
      messages.problem(`run ${recorded.row.id} continues without being watched`)
      return 130
    }
    if (!row) {
      messages.problem(`run ${recorded.row.id} was deleted meanwhile`)
      return 3
    }
    const isBatch = row.items.total !== 1
    const [result] = isBatch ? [] : await recorded.items(0, 1)
    if (args.has('json')) io.out(`${JSON.stringify(summaryOf(row))}\n`)
    else if (isBatch) await printAll(recorded, io)
    else if (result) {
      const { outcome } = result
      io.out(`${io.terminal.out ? prettyJson(outcome, io.terminal.color.out) : JSON.stringify(outcome)}\n`)
    }
    if (result) return exitOf(result.outcome)
    return row.status === 'cancelled' ? 130 : row.status === 'failed' ? 1 : 0
  },
  remote: watchAtServer,
}

// ---

const LOOK_MS = 250
const LAST_MS = 2_000

type End = RunRow | undefined | 'interrupted'

/** Of what a page holds only so many results are in memory. */
const PAGE = 500

/** A line for each item that has ended, in their order. */
async function printAll(recorded: RecordedRun, io: Io): Promise<void> {
  for (let from = 0; ; ) {
    const page = await recorded.items(from, PAGE)
    for (const { outcome } of page) io.out(`${outcomeLine(outcome).line}\n`)
    const last = page.at(-1)
    if (!last || page.length < PAGE) return
    from = last.item + 1
  }
}

async function followOne(at: RunsContext, recorded: RecordedRun): Promise<End> {
  const { io, messages, storeWords } = at
  const { plan, damage, row } = recorded
  if (!plan) throw new FlowError('RESOURCE_UNAVAILABLE', damage ?? 'its journal is damaged')
  const display = showRun(plan, io, messages)
  const waits = watchWaits(plan, messages.hint, storeWords)
  const stop = new AbortController()
  let isSeen = () => {}
  const seen = new Promise<void>((resolve) => {
    isSeen = resolve
  })
  recorded.follow((entries) => {
    display.see(entries)
    waits.see(entries)
    if (entries.some(({ type }) => type === 'finished')) isSeen()
  }, stop.signal)
  try {
    // What waited in the past is passed by first: only what waits then is news.
    const end = await ended(at, recorded, () => waits.name(row.id))
    // The row may be ahead of what is told. Of a run that was cancelled while nobody drove it, no end is told.
    if (end !== 'interrupted' && end) await Promise.race([seen, pause(LAST_MS)])
    return end
  } finally {
    stop.abort()
    display.end()
  }
}

async function followBatch(at: RunsContext, recorded: RecordedRun): Promise<End> {
  const { io, messages, store } = at
  const progress = await followProgress({ store, run: recorded.row.id, retries: () => 0 })
  const display = showBatch(progress, io, messages)
  try {
    return await ended(at, recorded)
  } finally {
    display.end()
    messages.hint(describeEnd(await progress()))
  }
}

/** Looks at the run's row until it has ended. Who drives it may go, and another may come: the first is reported. */
async function ended(
  { messages, storeWords }: RunsContext,
  recorded: RecordedRun,
  onLater: () => void = () => {},
): Promise<End> {
  let isInterrupted = false
  const wake = new AbortController()
  const restore = onInterrupt(() => {
    isInterrupted = true
    wake.abort()
  })
  let isTold = false
  try {
    for (;;) {
      const row = await recorded.now()
      if (!row || isEnded(row.status)) return row
      if (isInterrupted) return 'interrupted'
      const isAlone = (await recorded.holder()) === undefined
      if (isAlone && !isTold) {
        messages.hint(`no process drives run ${row.id} now. To continue it:\n  ${goOn(row.id, storeWords)}`)
      }
      isTold = isAlone
      await pause(LOOK_MS, undefined, { signal: wake.signal }).catch(() => {})
      onLater()
    }
  } finally {
    restore()
  }
}
