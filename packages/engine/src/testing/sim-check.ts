// What must hold of every simulated run, whatever befell it: watched row by row and call by call, and looked at once more
// when it is over.

import type { JournalEntry, JournalId, VisitRef } from '../journal/events.ts'
import type { Outcome } from '../run/outcome.ts'
import type { JournalRow, RunRow } from '../store/store.ts'
import { essence, type Ledger } from './sim-component.ts'
import type { Scenario } from './sim-plan.ts'
import type { End, Expected, Fault } from './sim-reference.ts'
import type { Process, World } from './sim-world.ts'

export class Check {
  readonly violations: string[] = []
  /** Who is about to begin the run. */
  beginning: Process | undefined
  readonly #world: World
  readonly #scenario: Scenario
  readonly #run: string
  readonly #finished = new Map<number, Outcome>()
  /** By idempotency key: how the visit ended. */
  readonly #settled = new Map<string, Outcome>()
  /** By idempotency key: visits that a component answered. */
  readonly #answered = new Set<string>()
  /** By idempotency key: the number of the attempt that is next. */
  readonly #nextAttempt = new Map<string, number>()
  readonly #journalOf = new Map<number, JournalId>()
  readonly #claimedBy = new Map<JournalId, Process>()
  /** By process and visit: how many of its calls stand in the journal, and were not made yet. */
  readonly #started = new Map<string, number>()
  #isCancelled = false

  constructor(world: World, scenario: Scenario, run: string) {
    this.#world = world
    this.#scenario = scenario
    this.#run = run
  }

  violated(what: string): void {
    this.violations.push(what)
    this.#world.note(() => `VIOLATION: ${what}`)
  }

  /** A row is on the disk. */
  row({ journal, entries }: JournalRow, by: Process): void {
    for (const entry of entries) this.#entry(entry, journal, by)
  }

  /** A component is called. Two may be called at once around a takeover, but whoever holds the journal knows its past. */
  called({ process, key, attempt, isRepeatable }: Parameters<Ledger['called']>[0]): void {
    if (!isRepeatable) this.#useRow(process, key)
    // Who begins a run calls what is repeatable before the first row, and may be told then that the run is there already.
    else if (this.beginning === process) return
    const item = Number(key.split('/')[1])
    const journal = this.#journalOf.get(item)
    if (journal === undefined || this.#claimedBy.get(journal) !== process) return
    if (this.#answered.has(key)) this.violated(`${key} was called again after it had been completed`)
    const next = this.#nextAttempt.get(key)
    if (next !== undefined && attempt < next) {
      this.violated(`attempt ${attempt} of ${key} was made again after it had failed`)
    }
  }

  /** All is over. `seen`: what the last reader of the results was given. */
  end(row: RunRow | undefined, seen: ReadonlyMap<number, Outcome> | undefined): void {
    const { inputs, meanings } = this.#scenario
    if (!row) return this.violated('the run is not in the store')
    if (row.endedAt === undefined) return this.violated(`the run did not end: it is ${row.status}`)
    for (let item = 0; item < inputs.length; item++) {
      const outcome = this.#finished.get(item)
      if (outcome === undefined) {
        if (!this.#isCancelled) this.violated(`item ${item} was lost`)
        continue
      }
      if (this.#isCancelled && isCancel(outcome)) continue
      const { expected, ends } = meanings[item] as Scenario['meanings'][number]
      const wrong = difference(outcome, expected)
      if (wrong) this.violated(`item ${item}: ${wrong}`)
      else if (outcome.outcome !== 'failed') this.#checkSteps(item, ends)
      if (seen && essence(seen.get(item)) !== essence(outcome)) {
        this.violated(`the reader was given ${essence(seen.get(item))} for item ${item}, which is ${essence(outcome)}`)
      }
    }
  }

  /** Whoever calls has written that it will, each time: so it has passed the fence since it last was away. */
  #useRow(process: Process, key: string): void {
    const started = this.#started.get(`${process.name} ${key}`) ?? 0
    if (started === 0) this.violated(`${process.name} called ${key} without having written that it would`)
    this.#started.set(`${process.name} ${key}`, started - 1)
  }

  #entry(entry: JournalEntry, journal: JournalId, by: Process): void {
    switch (entry.type) {
      case 'created':
        entry.inputs.forEach((_, index) => {
          const item = entry.from + index
          if (this.#journalOf.has(item)) this.violated(`item ${item} was taken twice`)
          this.#journalOf.set(item, journal)
        })
        return
      case 'claimed':
        this.#claimedBy.set(journal, by)
        return
      case 'settled': {
        const key = this.#keyOf(entry)
        // What follows from other entries may be found out, and written, again after a crash.
        const known = this.#settled.get(key)
        if (known && !(entry.derived && essence(known) === essence(entry.outcome))) {
          this.violated(`${key} was settled twice`)
        }
        this.#settled.set(key, entry.outcome)
        if (!entry.derived) this.#answered.add(key)
        return
      }
      case 'started': {
        const call = `${by.name} ${this.#keyOf(entry)}`
        this.#started.set(call, (this.#started.get(call) ?? 0) + 1)
        return
      }
      case 'parked':
        if (entry.retry) this.#nextAttempt.set(this.#keyOf(entry), entry.attempt)
        return
      case 'finished':
        if (this.#finished.has(entry.item)) this.violated(`item ${entry.item} was finished twice`)
        this.#finished.set(entry.item, entry.outcome)
        return
      case 'signalled':
        if (entry.name === 'cancel') this.#isCancelled = true
    }
  }

  /** Of an item that nothing cut short, every step is on record, once, as it should have ended. */
  #checkSteps(item: number, ends: ReadonlyMap<number, End>): void {
    const { steps } = this.#scenario.plan
    for (let index = 0; index < steps.length; index++) {
      if (steps[index]?.hidden) continue
      let visit = 1
      while (this.#settled.has(`${this.#run}/${item}/${index}/${visit + 1}`)) visit++
      const outcome = this.#settled.get(`${this.#run}/${item}/${index}/${visit}`)
      const end = ends.get(index)
      const [is, should] = [outcome?.outcome ?? 'not on record', end ? recordOf(end) : 'not on record']
      if (is !== should) this.violated(`item ${item}: step "${steps[index]?.id}" is ${is}, should be ${should}`)
    }
  }

  #keyOf({ sub, item, step, visit }: VisitRef): string {
    return `${this.#run}/${sub === undefined ? '' : `${sub}/`}${item}/${step}/${visit}`
  }
}

// ---

function recordOf({ end }: End): string {
  return end === 'done' ? 'success' : end
}

function difference(outcome: Outcome, expected: Expected): string | undefined {
  const is = essence(outcome)
  if (expected.outcome === 'failed' && outcome.outcome === 'failed') {
    const { code, step } = outcome.error
    const isOne = (fault: Fault) => fault.code === code && (fault.step === undefined || fault.step === step)
    return expected.anyOf.some(isOne) ? undefined : `ended as ${is}, should be one of ${essence(expected.anyOf)}`
  }
  return is === essence(expected) ? undefined : `ended as ${is}, should be ${essence(expected)}`
}

function isCancel(outcome: Outcome): boolean {
  return outcome.outcome === 'failed' && outcome.error.code === 'CANCELLED'
}
