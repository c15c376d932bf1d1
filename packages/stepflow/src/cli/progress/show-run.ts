// Shows a single run while it runs: a live tree on a terminal, at most a line a second elsewhere. Knows no run, only entries.

import {
  foldSteps,
  type JournalEntry,
  type Plan,
  type StepFold,
  type StepState,
  type StepStates,
} from '@stepflow/engine'
import type { Io } from '../command.ts'
import type { Messages } from '../messages.ts'
import { drawCriticalPath, drawLongTree, drawTree, duration, eachOf, paint, printable } from './draw-tree.ts'

export interface RunDisplay {
  see(entries: readonly JournalEntry[]): void
  /** Draws the last picture and lets go of the terminal. */
  end(): void
}

const FRAME_MS = 80
const LINE_MS = 1000

/** `1 of 3 steps ended; running: a (1.2s); waiting: b (3s)`, for a line of its own. */
export function describeSteps({ steps }: StepStates, now: number): string {
  const known = steps.flatMap((step) => step ?? [])
  const ended = known.filter((step) => step.endedAt !== undefined).length
  const busy = (['running', 'waiting'] as const).map((status) => named(status, known, now))
  return `${ended} of ${known.length} steps ended${busy.join('')}`
}

export function showRun(plan: Plan, io: Io, messages: Messages): RunDisplay {
  const states = foldSteps(plan)
  return messages.isLive ? liveTree(states, io, messages) : plainLines(states, messages)
}

// ---

function liveTree(states: StepFold, io: Io, messages: Messages): RunDisplay {
  const startedAt = Date.now()
  let drawn = 0
  const draw = (lines: readonly string[]) => {
    io.err(`${erase()}${lines.map((line) => `${line}\n`).join('')}`)
    drawn = lines.length
  }
  const { color } = io.terminal
  const look = () => ({ now: Date.now(), color: color.err, columns: io.terminal.columns })
  const erase = () => {
    const text = drawn === 0 ? '' : `\r\u001b[${drawn}A\u001b[0J`
    drawn = 0
    return text
  }
  messages.beforeLine(() => io.err(erase()))
  // The first picture waits a moment: a run of ten milliseconds is drawn once.
  let nextAt = 0
  const timer = setInterval(() => {
    const begunAt = Date.now()
    if (begunAt < nextAt) return
    draw(drawTree(states, { ...look(), rows: io.terminal.rows - 1, errors: 'cut' }))
    // A picture of very many steps is drawn less often: the run has the time.
    nextAt = begunAt + (Date.now() - begunAt) * 10
  }, FRAME_MS)
  return {
    see: states.see,
    end() {
      clearInterval(timer)
      messages.beforeLine(undefined)
      draw(drawLongTree(states, look()))
      const path = drawCriticalPath(states, io.terminal.color.err)
      io.err(`${path ?? `done in ${duration(Date.now() - startedAt)}`}\n`)
      const { count } = recoveredIn(states)
      if (count > 0) io.err(`${paint(`${madeGood(count)}: see "recovered" above`, 'yellow', io.terminal.color.err)}\n`)
    },
  }
}

function plainLines(states: StepFold, messages: Messages): RunDisplay {
  let last: string | undefined
  const timer = setInterval(() => {
    const known = states.steps.flatMap((step) => step ?? [])
    const ended = known.filter((step) => step.endedAt !== undefined).length
    const busy = known.filter((step) => step.status === 'running' || step.status === 'waiting')
    // That time goes by is no news.
    const news = JSON.stringify([ended, busy.map(({ id, status, elements }) => [id, status, elements])])
    if (news === last) return
    last = news
    messages.progress(describeSteps(states, Date.now()), { ended, steps: known.length })
  }, LINE_MS)
  timer.unref()
  return {
    see: states.see,
    end() {
      clearInterval(timer)
      tellSkips(states, messages)
      tellRecovered(states, messages)
    },
  }
}

/** `; running: a (1.2s), b (3s)`, or nothing if no step is. */
function named(status: 'running' | 'waiting', steps: readonly StepState[], now: number): string {
  const those = steps.filter((step) => step.status === status)
  if (those.length === 0) return ''
  const names = those.slice(0, 5).map((step) => `${step.id} (${[...eachOf(step), sinceStart(step, now)].join(', ')})`)
  const more = those.length > 5 ? ` and ${those.length - 5} more` : ''
  return `; ${status}: ${names.join(', ')}${more}`
}

function sinceStart({ startedAt }: StepState, now: number): string {
  return duration(startedAt === undefined ? 0 : now - startedAt)
}

function tellRecovered(states: StepStates, messages: Messages): void {
  const { count, steps } = recoveredIn(states)
  if (count === 0) return
  const told = steps.map(({ id, recovered }) => {
    const { error } = recovered ?? {}
    return `step "${id}"${error ? ` (${error.code}: ${printable(error.message)})` : ''}`
  })
  messages.hint(`${madeGood(count)}: ${told.join('; ')}`)
}

function recoveredIn({ steps }: StepStates) {
  const found = steps.flatMap((step) => (step?.recovered ? [step] : []))
  return { count: found.reduce((sum, { recovered }) => sum + (recovered?.count ?? 0), 0), steps: found }
}

function madeGood(count: number): string {
  return count === 1 ? '1 failure was recovered' : `${count} failures were recovered`
}

const WARNING = 'warning: '

/** Where no picture shows them: skips that somebody should look into, and under --verbose why the others were. */
function tellSkips(states: StepStates, messages: Messages): void {
  for (const step of states.steps) {
    if (step?.status !== 'skipped' || step.reason === undefined) continue
    const isWarning = step.reason.startsWith(WARNING)
    const reason = isWarning ? step.reason.slice(WARNING.length) : step.reason
    messages.log(isWarning ? 'warning' : 'debug', `step "${step.id}" was skipped: ${reason}`)
  }
}
