// Shows the progress of a batch: on a terminal one line that is redrawn, elsewhere at most one line a second, and none that
// repeats the last one.

import type { Io } from '../command.ts'
import type { Messages } from '../messages.ts'
import { type BatchProgress, describeBatch, drawBatch } from './batch-progress.ts'

const FRAME_MS = 200
const LINE_MS = 1000

/** Asks `now` for the numbers whenever it shows them. `end` takes the line away. */
export function showBatch(now: () => Promise<BatchProgress>, io: Io, messages: Messages): { end(): void } {
  const show = messages.isLive ? liveLine(io, messages) : plainLines(messages)
  let isAsking = false
  let isOver = false
  const tick = async () => {
    if (isAsking) return
    isAsking = true
    // A store that is away for a moment is the driver's business, not the display's.
    const progress = await now().catch(() => undefined)
    isAsking = false
    if (progress && !isOver) show.draw(progress)
  }
  const timer = setInterval(tick, messages.isLive ? FRAME_MS : LINE_MS)
  timer.unref()
  return {
    end() {
      isOver = true
      clearInterval(timer)
      show.end()
    },
  }
}

// ---

interface Shown {
  draw(progress: BatchProgress): void
  end(): void
}

function liveLine(io: Io, messages: Messages): Shown {
  let isDrawn = false
  const erase = () => {
    if (isDrawn) io.err('\r\u001b[2K')
    isDrawn = false
  }
  messages.beforeLine(erase)
  return {
    draw(progress) {
      erase()
      io.err(drawBatch(progress, io.terminal.columns, io.terminal.color.err))
      isDrawn = true
    },
    end() {
      erase()
      messages.beforeLine(undefined)
    },
  }
}

function plainLines(messages: Messages): Shown {
  let last: string | undefined
  return {
    draw(progress) {
      const { counts, total, retries, recovered } = progress
      // Rate and time left change by themselves: they are no news.
      const news = JSON.stringify([counts, total, retries, recovered])
      if (news === last) return
      last = news
      messages.progress(describeBatch(progress), {
        ...counts,
        ...(total ? { total: total.items } : {}),
        retries,
        recovered,
      })
    },
    end() {},
  }
}
