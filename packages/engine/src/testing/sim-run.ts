// One seed, one run: a random plan on engines in a simulated world, with faults at random; then what must hold is checked.
// The same seed gives the same run, to the letter.

import type { PlanEngine } from '../engine.ts'
import { FlowError } from '../errors.ts'
import type { JournalEntry, JournalId } from '../journal/events.ts'
import { createEngine } from '../run/engine/create-engine.ts'
import type { Outcome } from '../run/outcome.ts'
import type { RunRow, Store } from '../store/store.ts'
import { Check } from './sim-check.ts'
import { simRouter } from './sim-component.ts'
import {
  type Faults,
  type Outage,
  randomFaults,
  SILENCE_MS,
  type StoreCall,
  type StoreFault,
  shownFaults,
} from './sim-faults.ts'
import { randomScenario, type Scenario } from './sim-plan.ts'
import { hasEnded, SimDisk } from './sim-store.ts'
import { Chance, Process, World } from './sim-world.ts'

export interface SimulationReport {
  readonly seed: number
  readonly violations: readonly string[]
  /** How many things happened. */
  readonly events: number
  /** What was written, as one number: equal for equal runs. */
  readonly fingerprint: number
}

export interface SimulationOptions {
  /** Told everything that happens. */
  readonly note?: (line: string) => void
}

/** Runs one seed to its end. */
export async function simulate(seed: number, { note }: SimulationOptions = {}): Promise<SimulationReport> {
  return new Simulation(seed, note).run()
}

// ---

const RUN = 'run'
/** More than any run takes: beyond, it goes round in circles. */
const MOST_EVENTS = 20_000
/** Whoever brings inputs comes again. */
const LEFT_INPUTS = {
  waitMs: 600_000,
  error: (items: number) => ({ code: 'INVALID_INPUT', message: `the input broke off after ${items}` }) as const,
}
/** By how much a process's clock may differ from the world's; milliseconds. */
const MOST_AHEAD_MS = 900

class Simulation {
  readonly #seed: number
  readonly #world: World
  readonly #chance: Chance
  readonly #faults: Faults
  readonly #scenario: Scenario
  readonly #disk: SimDisk
  readonly #check: Check
  readonly #engines = new Map<Process, PlanEngine>()
  readonly #isStream: boolean
  /** Of each engine, where they share what is begun. */
  readonly #capacity: number | undefined
  readonly #asked: Record<StoreCall, number> = { append: 0, read: 0, putDown: 0 }
  #processCount = 0
  #isAccepted = false
  #attachedTo: Process | undefined
  #seen: Map<number, Outcome> | undefined
  #fingerprint = 0

  constructor(seed: number, note: SimulationOptions['note']) {
    this.#seed = seed
    this.#world = new World(seed, (text) => note?.(`${this.#world.now} ${text()}`))
    this.#chance = this.#world.chance
    const chance = this.#chance
    this.#scenario = randomScenario(chance, chance.int(1, 5))
    this.#isStream = chance.is(0.4)
    this.#faults = randomFaults(chance, this.#scenario.plan.timeoutMs !== undefined)
    this.#world.slownessMs = chance.is(0.1) ? chance.int(1, 20) : 0
    // Of a chance of its own: other seeds are as they were.
    const spread = new Chance(seed ^ 0x5bd1e995)
    this.#capacity = spread.is(0.3) ? spread.int(1, 4) : undefined
    this.#disk = new SimDisk(this.#world, {
      capacity: this.#capacity,
      appendMs: chance.one([
        [0, 0],
        [0, 5],
        [20, 120],
      ] as const),
      readMs: chance.one([
        [0, 0],
        [1, 30],
      ] as const),
    })
    this.#check = new Check(this.#world, this.#scenario, RUN)
    this.#disk.fault = (call) => this.#faultAt(call)
    this.#disk.onRow = (row, by) => {
      this.#check.row(row, by)
      this.#fingerprint = fold(this.#fingerprint, `${by.name}${row.journal}${JSON.stringify(row.entries)}`)
      this.#world.note(() => `${by.name} writes ${row.journal} ${row.seq}: ${row.entries.map(summary).join(', ')}`)
    }
    note?.(
      JSON.stringify({
        plan: this.#scenario.plan,
        inputs: this.#scenario.inputs,
        faults: shownFaults(this.#faults),
      }),
    )
  }

  async run(): Promise<SimulationReport> {
    const { engines, outages, stalls, closings, doubleWakes, signals } = this.#faults
    for (let i = 0; i < engines; i++) this.#startProcess()
    this.#attach()
    this.#sendGo(0)
    for (const at of stalls) this.#world.after(at, () => this.#stall())
    for (const outage of outages) this.#world.after(outage.at, () => this.#cutOff(outage))
    for (const { at, drainMs } of closings) this.#world.after(at, () => this.#close(drainMs))
    for (const at of doubleWakes) this.#world.after(at, () => this.#wakeTwice())
    for (const { at, name } of signals) this.#world.after(at, () => this.#signal(name))
    let events = 0
    while (events < MOST_EVENTS && (await this.#world.step())) events++
    const row = this.#disk.rows.runs.get(RUN) as RunRow | undefined
    if (events === MOST_EVENTS) this.#check.violated('the run goes on and on')
    const isWaiting = this.#attachedTo?.isDead === false && !this.#seen
    if (isWaiting && row?.endedAt !== undefined) this.#check.violated('the reader of the results waits for ever')
    this.#check.end(row, this.#seen)
    return { seed: this.#seed, violations: this.#check.violations, events, fingerprint: this.#fingerprint }
  }

  get #isOver(): boolean {
    return hasEnded(this.#disk, RUN)
  }

  // --- processes

  #startProcess(): Process {
    const ahead = this.#chance.is(0.5) ? this.#chance.int(-MOST_AHEAD_MS, MOST_AHEAD_MS) : 0
    const process = new Process(this.#world, `p${++this.#processCount}`, ahead)
    const engine = createEngine({
      store: this.#disk.open(process),
      router: simRouter(process, this.#check),
      clock: process.clock,
      random: () => this.#chance.next(),
      storePatienceMs: this.#faults.patienceMs,
      leftInputs: () => LEFT_INPUTS,
      log: (_level, message) => {
        this.#world.note(() => `${process.name} says: ${message}`)
        if (message.includes('set aside')) this.#check.violated(message)
      },
    })
    this.#engines.set(process, engine)
    process.onDeath(() => this.#died(process))
    // Of several, some only have what they are asked for.
    if (this.#processCount === 1 || this.#processCount > this.#faults.engines || this.#chance.is(0.8)) engine.recover()
    return process
  }

  #died(process: Process): void {
    this.#engines.delete(process)
    this.#world.after(this.#chance.int(0, SILENCE_MS), () => this.#disk.adopt(process))
    if (this.#isOver) return
    const isNew = !this.#disk.hasWorkers || this.#chance.is(0.5)
    this.#world.after(isNew ? this.#chance.int(1, 2_000) : 1, () => {
      if (isNew) this.#startProcess()
      if (this.#attachedTo !== process) return
      this.#attachedTo = undefined
      this.#attach()
    })
  }

  #anyone(): [Process, PlanEngine] | undefined {
    const all = [...this.#engines]
    return all.length === 0 ? undefined : this.#chance.one(all)
  }

  // --- the client

  /** Whoever wants the results asks any process for them: to start the run, or to go on with it. */
  #attach(): void {
    const one = this.#anyone()
    if (this.#isOver || this.#attachedTo) return
    if (!one) {
      this.#world.after(500, () => this.#attach())
      return
    }
    const [process, engine] = one
    this.#attachedTo = process
    const seen = new Map<number, Outcome>()
    this.#seen = undefined
    const read = async () => {
      const handle = this.#isAccepted ? await this.#resume(process, engine) : await this.#submit(process, engine)
      this.#isAccepted = true
      this.#world.note(() => `${process.name} has the run`)
      for await (const { index, outcome } of handle.results(this.#capacity ? 'input' : 'completion'))
        seen.set(index, outcome)
      await handle.ended
      if (this.#isOver && !process.isClosing) this.#seen = seen
      // Its process has lost the run to another.
      else this.#attachLater(process)
    }
    read().catch((error) => {
      if (process.isDead) return
      // Another takes the inputs in.
      const isBusy = this.#capacity !== undefined && FlowError.is(error) && error.code === 'CONFLICT'
      if (!isInjected(error) && !isLeft(error) && !isBusy) {
        this.#check.violated(`${process.name} fails: ${(error as Error).stack}`)
      } else this.#attachLater(process)
    })
  }

  #attachLater(process: Process): void {
    if (this.#attachedTo !== process) return
    this.#attachedTo = undefined
    this.#world.after(500, () => this.#attach())
  }

  async #submit(process: Process, engine: PlanEngine) {
    this.#check.beginning = process
    try {
      return await engine.submit(this.#scenario.plan, this.#inputs(process), {
        id: RUN,
        ...(this.#faults.itemsAtOnce === undefined ? {} : { maxConcurrent: this.#faults.itemsAtOnce }),
      })
    } catch (error) {
      // The answer to an earlier attempt was lost, but the run is there.
      if (FlowError.is(error) && error.code === 'CONFLICT') return this.#resume(process, engine)
      throw error
    } finally {
      this.#check.beginning = undefined
    }
  }

  #resume(process: Process, engine: PlanEngine) {
    return engine.resume(RUN, this.#isStream ? { inputs: this.#inputs(process) } : {})
  }

  #inputs(process: Process): Iterable<unknown> | AsyncIterable<unknown> {
    const { inputs } = this.#scenario
    if (!this.#isStream) return inputs
    const { chance } = this.#world
    return (async function* () {
      for (const input of inputs) yield await process.later(chance.int(0, 50), () => input)
    })()
  }

  // --- faults

  #faultAt(call: StoreCall): StoreFault | undefined {
    return this.#faults.calls[call].get(this.#asked[call]++)
  }

  #cutOff({ ms, of }: Outage): void {
    const one = this.#anyone()
    if (!one || this.#isOver) return
    for (const process of of === 'one' ? [one[0]] : this.#engines.keys()) {
      this.#world.note(() => `${process.name} cannot reach the disk for ${ms} ms`)
      process.cutUntil = Math.max(process.cutUntil, this.#world.now + ms)
      if (ms > SILENCE_MS && of === 'one') this.#world.after(SILENCE_MS, () => this.#disk.adopt(process))
    }
  }

  /** As for a restart: what it leaves is free at once, unless it could not reach the disk. */
  #close(drainMs: number): void {
    const one = this.#anyone()
    if (!one || this.#isOver) return
    const [process, engine] = one
    process.isClosing = true
    this.#world.note(() => `${process.name} is closed within ${drainMs} ms`)
    const asked = { ...this.#asked }
    let wasCut = process.isCut || process.stalledUntil > this.#world.now
    engine.close({ drainMs }).then(
      () => {
        if (process.isDead) return
        wasCut ||= process.isCut || this.#hasFailedSince(asked)
        const held = this.#disk.heldBy(process)
        if (!wasCut && held.length > 0) this.#check.violated(`${process.name} was closed, and keeps ${held}`)
        process.crash('having closed')
      },
      (error) => this.#check.violated(`${process.name} cannot be closed: ${error.stack}`),
    )
  }

  #hasFailedSince(asked: Readonly<Record<StoreCall, number>>): boolean {
    return (['append', 'read', 'putDown'] as const).some((call) => {
      for (const at of this.#faults.calls[call].keys()) if (at >= asked[call] && at < this.#asked[call]) return true
      return false
    })
  }

  #stall(): void {
    const one = this.#anyone()
    if (!one || this.#isOver) return
    const [process] = one
    const ms = this.#chance.int(200, 2 * SILENCE_MS)
    this.#world.note(() => `${process.name} stalls for ${ms} ms`)
    process.stalledUntil = Math.max(process.stalledUntil, this.#world.now + ms)
    if (ms > SILENCE_MS && this.#engines.size > 1) this.#world.after(SILENCE_MS, () => this.#disk.adopt(process))
  }

  #wakeTwice(): void {
    const one = this.#anyone()
    const open = this.#disk.rows.runs.open(RUN) as Awaited<ReturnType<Store['runs']['open']>>
    if (!one || open.length === 0) return
    this.#disk.wakeTwice(one[0], this.#chance.one(open).journal as JournalId)
  }

  /** Wakes those who wait, now and again, so that every one of them gets its signal. */
  #sendGo(count: number): void {
    if (this.#isOver || count > 40) return
    const one = this.#anyone()
    const id = `go${count}`
    const next = () => this.#world.after(300 * 1.2 ** count, () => this.#sendGo(count + 1))
    if (!one || !this.#disk.rows.runs.get(RUN)) next()
    else this.#send(one[1], { name: 'signal', signal: 'go', payload: count, id }, next)
  }

  #signal(name: 'pause' | 'cancel'): void {
    const one = this.#anyone()
    if (!one || this.#isOver || !this.#disk.rows.runs.get(RUN)) return
    this.#send(one[1], { name }, () => {
      if (name === 'pause') this.#world.after(this.#chance.int(0, 3_000), () => this.#resumeRun())
    })
    one[0].onDeath(() => this.#world.after(2_000, () => this.#resumeRun()))
  }

  #resumeRun(): void {
    const one = this.#anyone()
    if (this.#isOver) return
    if (!one) this.#world.after(500, () => this.#resumeRun())
    else {
      one[0].onDeath(() => this.#resumeRun())
      const again = () => this.#world.after(500, () => this.#resumeRun())
      this.#send(one[1], { name: 'resume' }, () => {}, again)
    }
  }

  /** `refused`: in place of `then`, if it may not have arrived. */
  #send(engine: PlanEngine, signal: Parameters<PlanEngine['signal']>[1], then: () => void, refused = then): void {
    let isAnswered = false
    const answered = (next = then) => {
      if (isAnswered) return
      isAnswered = true
      next()
    }
    // Its process may die before it answers.
    this.#world.after(2 * SILENCE_MS + 1_000, answered)
    engine.signal(RUN, signal).then(
      () => answered(),
      (error) => {
        if (!isInjected(error) && !isLeft(error) && !(FlowError.is(error) && error.code === 'CONFLICT')) {
          this.#check.violated(`signal ${signal.name} fails: ${error.message}`)
        }
        answered(refused)
      },
    )
  }
}

function isInjected(error: unknown): boolean {
  return FlowError.is(error) && error.code === 'RESOURCE_UNAVAILABLE'
}

/** Its process was closed. */
function isLeft(error: unknown): boolean {
  return FlowError.is(error) && (error.code === 'CANCELLED' || /engine was closed/.test(error.message))
}

function summary(entry: JournalEntry): string {
  switch (entry.type) {
    case 'started':
    case 'parked':
    case 'settled': {
      const path = `${entry.sub === undefined ? '' : `${entry.sub}/`}${entry.item}/${entry.step}/${entry.visit}`
      const how = entry.type === 'settled' ? ` ${entry.outcome.outcome}${entry.derived ? ' (derived)' : ''}` : ''
      return `${entry.type} ${path}${how}`
    }
    case 'finished':
      return `finished ${entry.item} ${entry.outcome.outcome}`
    case 'signalled':
      return `signalled ${entry.name}`
    default:
      return entry.type
  }
}

function fold(into: number, text: string): number {
  let h = into
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619)
  return h >>> 0
}
