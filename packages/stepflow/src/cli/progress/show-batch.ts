// Shows how far a batch is: one line that renews itself on a terminal, at most a line a second elsewhere.

import type { Counts } from '../batch/write-results.ts'
import type { Io } from '../command.ts'
import type { Messages } from '../messages.ts'
import { duration, paint } from './draw-tree.ts'

export interface BatchProgress {
  readonly counts: Readonly<Counts>
  /** From 0 to 1: how much of the input has been read; undefined if its length is not known. */
  readonly part: number | undefined
  readonly elapsedMs: number
}

/** `12,000 done: 11,990 ok, 10 failed, 0 skipped; 5,400/s; 3m 5s left` */
export function describeBatch({ counts, part, elapsedMs }: BatchProgress, color = false): string {
  const done = counts.success + counts.failed + counts.skipped
  const rate = elapsedMs > 0 ? done / (elapsedMs / 1000) : 0
  const failed = `${number(counts.failed)} failed`
  const told = [
    `${number(done)} done: ${number(counts.success)} ok, ${counts.failed > 0 ? paint(failed, 'red', color) : failed}, ${number(counts.skipped)} skipped`,
    `${number(rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate))}/s`,
  ]
  // Guessed from the bytes read: good enough after a moment, nonsense before.
  if (part !== undefined && part > 0 && part < 1 && elapsedMs > 500) {
    told.push(`${duration((elapsedMs / part) * (1 - part))} left`)
  }
  return told.join('; ')
}

/** Calls `now` for the numbers whenever it shows them; `end` shows the last line. */
export function showBatch(now: () => BatchProgress, io: Io, messages: Messages): { end(): void } {
  let drawn = false
  const erase = () => {
    if (drawn) io.err('\r\u001b[2K')
    drawn = false
  }
  const draw = () => {
    erase()
    io.err(describeBatch(now(), io.terminal.color.err).slice(0, io.terminal.columns + 20))
    drawn = true
  }
  if (messages.isLive) messages.beforeLine(erase)
  const say = () => {
    const { counts } = now()
    messages.progress(describeBatch(now()), { ...counts })
  }
  const timer = setInterval(messages.isLive ? draw : say, messages.isLive ? 200 : 1000)
  timer.unref()
  return {
    end() {
      clearInterval(timer)
      erase()
      messages.beforeLine(undefined)
    },
  }
}

// ---

function number(n: number): string {
  const [whole = '', part] = String(n).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return part === undefined ? grouped : `${grouped}.${part}`
}
