// The logs of the runs of a store in memory.

import type { RunId } from '../journal/events.ts'
import type { MemoryRuns } from './memory-runs.ts'
import type { MemoryWatchers } from './memory-watchers.ts'
import { LOG_LEVELS, type LogLine, type LogPage, type LogQuery, type RunLogs } from './run-log.ts'

export class MemoryLogs implements RunLogs {
  readonly #runs: MemoryRuns
  readonly #watchers: MemoryWatchers

  constructor(runs: MemoryRuns, watchers: MemoryWatchers) {
    this.#runs = runs
    this.#watchers = watchers
  }

  add(run: RunId, lines: readonly LogLine[]): void {
    const place = () => this.#watchers.nextPosition()
    if (this.#runs.addLog(run, lines, place)) this.#watchers.tellOfLog(run)
  }

  read({ run, after, limit, item, step, level }: LogQuery): LogPage | undefined {
    const from = after === undefined ? 0 : this.#watchers.positionOf(after)
    if (from === undefined) return undefined
    const least = level === undefined ? 0 : LOG_LEVELS.indexOf(level)
    const { lines = [], dropped = 0 } = this.#runs.log(run) ?? {}
    const found = lines.filter(
      ({ position, line }) =>
        position > from &&
        (item === undefined || line.item === item) &&
        (step === undefined || line.step === step) &&
        LOG_LEVELS.indexOf(line.level) >= least,
    )
    const page = found.slice(0, limit).map((line) => this.#watchers.writtenLine(line))
    const last = page.at(-1)
    return found.length > limit && last ? { lines: page, next: last.cursor, dropped } : { lines: page, dropped }
  }
}
