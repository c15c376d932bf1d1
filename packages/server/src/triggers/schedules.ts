// The schedules that there are, of published flows and of the API, with what has become of each. Begins nothing.
//
// A schedule is one record: of one of the API, the record is the schedule; of a trigger, it says what has become of it.
//
// 1. A trigger that is changed is another schedule, and takes over the runs that wait for their turn: they keep the keys that
//    they had, so that none begins twice.
// 2. What has become of a trigger is kept while its flow is not published, for it may be again, and removed with the flow.

import { randomBytes } from 'node:crypto'
import { type Clock, FlowError, type Json, type Log, type Plan, type Records, redactedMark } from '@stepflow/engine'
import { changeRecord, everyRecord } from '@stepflow/host'
import { fillTemplates, type NamedFlows, scheduleMisfits } from '@stepflow/host/named-flows'
import { hideSecrets, secretValues } from '@stepflow/schema'
import { misfitting } from '../runs/misfitting.ts'
import type { ActiveTrigger, ActiveTriggers } from './active-triggers.ts'
import { readSchedule, type Schedule, type ScheduleFields, scheduleOf, triggerAt } from './schedule.ts'
import type { ScheduleState } from './schedule-state.ts'

export interface SchedulesOptions {
  readonly records: Records
  readonly flows: NamedFlows
  readonly triggers: ActiveTriggers
  readonly clock: Clock
  readonly log: Log
}

/** A schedule, and what has become of it; nothing has before a scheduler has seen it. */
export interface ListedSchedule {
  readonly schedule: Schedule
  readonly state?: ScheduleState | undefined
}

/** What may be seen of the input of a schedule. */
export interface ShownInput {
  readonly input?: Json
  readonly secrets: readonly unknown[]
}

export type NewSchedule = ScheduleFields & { readonly flow: string; readonly isDisabled?: boolean }

export class Schedules {
  readonly #records: Records
  readonly #flows: NamedFlows
  readonly #triggers: ActiveTriggers
  readonly #clock: Clock
  readonly #log: Log
  readonly #listeners = new Set<() => void>()
  /** Those that cannot be read, each reported once. */
  readonly #reported = new Set<string>()

  constructor({ records, flows, triggers, clock, log }: SchedulesOptions) {
    this.#records = records
    this.#flows = flows
    this.#triggers = triggers
    this.#clock = clock
    this.#log = log
  }

  /** Calls `listener` when schedules have changed here, or may have; returns the way to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    const stop = this.#triggers.onChange(listener)
    return () => {
      this.#listeners.delete(listener)
      stop()
    }
  }

  /** By flow, as they are in its text, then those of the API. */
  async all(): Promise<ListedSchedule[]> {
    const byFlow = await this.#triggers.byFlow()
    return this.#listed(byFlow, await this.#states())
  }

  /** Throws NOT_FOUND. */
  async get(id: string): Promise<ListedSchedule> {
    const state = await this.#state(id)
    const stored = state && this.#ofApi(id, state)
    if (stored) return { schedule: stored, state }
    const ofFlow = state && (await this.#ofFlow(state.flow)).find((schedule) => schedule.id === id)
    const found = ofFlow ? { schedule: ofFlow, state } : (await this.all()).find(({ schedule }) => schedule.id === id)
    if (found) return found
    throw new FlowError('NOT_FOUND', `there is no schedule ${JSON.stringify(id)}`)
  }

  /** What has become of it, if it is active: it is there, on, and its flow is published. */
  async active({ id, flow, from }: Schedule): Promise<ScheduleState | undefined> {
    const state = await this.#state(id)
    if (!state || state.isDisabled) return undefined
    if (from === 'api') return state
    return (await this.#ofFlow(flow)).some((schedule) => schedule.id === id) ? state : undefined
  }

  /** Throws INVALID_INPUT for what is no schedule, NOT_FOUND for a flow that is not there. */
  async add({ flow, isDisabled = false, ...fields }: NewSchedule): Promise<ListedSchedule> {
    const schemas = await this.#schemasOf(flow)
    const id = randomBytes(8).toString('hex')
    const schedule = readSchedule(fields, { id, flow, from: 'api' })
    await checkInput(schedule, schemas?.input, this.#clock.now())
    const state = await this.#change(id, () => ({
      ...{ flow, fields, until: this.#clock.now(), waiting: [], runs: [] },
      ...(isDisabled ? { isDisabled } : {}),
    }))
    this.#changed()
    return { schedule, state }
  }

  /** Its input without what the flow marks as secret, and what else is to be hidden with it. */
  async shownInput({ flow, input }: Schedule): Promise<ShownInput> {
    if (input === undefined) return { secrets: [] }
    const schemas = await this.#schemasOf(flow).catch(() => undefined)
    // Of a flow that cannot be read nobody knows what it marks.
    if (!schemas) return { input: redactedMark, secrets: [input] }
    if (schemas.input === undefined) return { input, secrets: [] }
    return { input: hideSecrets(schemas.input, input) as Json, secrets: secretValues(schemas.input, input) }
  }

  /** Of the version that it starts, else of the newest; undefined if there are errors. Throws NOT_FOUND. */
  async #schemasOf(flow: string): Promise<NonNullable<Plan['schemas']> | undefined> {
    const { plan } = (await this.#flows.published(flow)) ?? (await this.#flows.get(flow)).read
    return plan && (plan.schemas ?? {})
  }

  /** Throws NOT_FOUND; CONFLICT for that of a flow. */
  async remove(id: string): Promise<void> {
    const { from, flow } = (await this.get(id)).schedule
    if (from === 'file') {
      const how = 'take it out of the text of the flow, or turn it off'
      throw new FlowError('CONFLICT', `schedule ${id} is a trigger of the flow "${flow}": ${how}`)
    }
    await this.#change(id, () => null)
    this.#changed()
  }

  /** All that start a flow which is removed. */
  async removeOf(flow: string): Promise<void> {
    for (const [id, state] of await this.#states()) if (state.flow === flow) await this.#change(id, () => null)
    this.#changed()
  }

  /** What is due while it is off does not run, nor does what waits for its turn then. Throws NOT_FOUND. */
  async enable(id: string, isEnabled: boolean): Promise<void> {
    await this.get(id)
    await this.settle()
    await this.change(id, ({ isDisabled, ...was }) => {
      if ((isDisabled === undefined) === isEnabled) return undefined
      return { ...was, until: this.#clock.now(), waiting: [], ...(isEnabled ? {} : { isDisabled: true }) }
    })
    this.#changed()
  }

  /** A run of it was begun by hand. */
  async begun(id: string, run: string): Promise<void> {
    await this.change(id, (was) => ({
      ...was,
      runs: [...was.runs.filter((one) => one !== run), run].slice(-MOST_RUNS),
    }))
  }

  /** Changes what has become of a schedule; undefined if it is gone. */
  change(
    id: string,
    change: (was: ScheduleState) => ScheduleState | undefined | Promise<ScheduleState | undefined>,
  ): Promise<ScheduleState | undefined> {
    return this.#change(id, (was) => was && change(was))
  }

  /** Brings the records in step with the flows: see 1 and 2. Answers what is there then. */
  async settle(): Promise<ListedSchedule[]> {
    const byFlow = await this.#triggers.byFlow()
    const states = await this.#states()
    const all = this.#listed(byFlow, states)
    const current = new Set(all.map(({ schedule }) => schedule.id))
    const gone: Gone[] = []
    for (const [id, state] of states) {
      if (current.has(id) || state.fields || (state.isAway && !byFlow.has(state.flow))) continue
      // Another server may have published it a moment ago.
      const triggers = await this.#triggers.of(state.flow)
      if (!triggers) await this.change(id, (was) => ({ ...was, isAway: true }))
      else if (!this.#read(triggers).some((schedule) => schedule.id === id)) gone.push({ id, state, isTaken: false })
    }
    const settled: ListedSchedule[] = []
    for (const { schedule, state } of all) {
      if (state && !state.isAway) settled.push({ schedule, state })
      else settled.push({ schedule, state: await (state ? this.#back(schedule) : this.#first(schedule, gone)) })
    }
    for (const { id } of gone) await this.#change(id, () => null)
    return settled
  }

  /** What was due while its flow was not published does not run. */
  #back({ id }: Schedule): Promise<ScheduleState | undefined> {
    return this.change(id, ({ isAway, ...was }) => (isAway ? { ...was, until: this.#clock.now() } : undefined))
  }

  /** A trigger that is new takes over from the one that was in its place, else from another that is gone. */
  #first({ id, flow, index }: Schedule, gone: readonly Gone[]): Promise<ScheduleState | undefined> {
    const left = gone.filter(({ state, isTaken }) => !isTaken && state.flow === flow)
    const before = left.find(({ state }) => state.index === index) ?? left[0]
    if (before) before.isTaken = true
    const { waiting, runs } = before?.state ?? { waiting: [], runs: [] }
    return this.#change(id, (was) => {
      if (was) return undefined
      return { flow, ...(index === undefined ? {} : { index }), until: this.#clock.now(), waiting, runs }
    })
  }

  #listed(
    byFlow: ReadonlyMap<string, readonly ActiveTrigger[]>,
    states: ReadonlyMap<string, ScheduleState>,
  ): ListedSchedule[] {
    const found: ListedSchedule[] = []
    for (const triggers of byFlow.values()) {
      for (const schedule of this.#read(triggers)) found.push({ schedule, state: states.get(schedule.id) })
    }
    for (const [id, state] of states) {
      const schedule = this.#ofApi(id, state)
      if (schedule) found.push({ schedule, state })
    }
    return found.sort((a, b) => (a.schedule.flow < b.schedule.flow ? -1 : a.schedule.flow > b.schedule.flow ? 1 : 0))
  }

  async #ofFlow(flow: string): Promise<Schedule[]> {
    return this.#read((await this.#triggers.of(flow)) ?? [])
  }

  /** The same trigger twice is one schedule. */
  #read(triggers: readonly ActiveTrigger[]): Schedule[] {
    const found = new Map<string, Schedule>()
    for (const { flow, index, trigger } of triggers) {
      if (trigger.type !== 'schedule') continue
      const schedule = this.#readable(`triggers[${index}] of the flow "${flow}"`, () =>
        scheduleOf({ flow, index, trigger }),
      )
      if (schedule && !found.has(schedule.id)) found.set(schedule.id, schedule)
    }
    return [...found.values()]
  }

  #ofApi(id: string, { flow, fields }: ScheduleState): Schedule | undefined {
    if (!fields) return undefined
    return this.#readable(`schedule ${id} of the flow "${flow}"`, () => readSchedule(fields, { id, flow, from: 'api' }))
  }

  /** A flow from before a rule, or a zone that this machine does not know: the others go on. */
  #readable(what: string, read: () => Schedule): Schedule | undefined {
    try {
      return read()
    } catch (thrown) {
      if (!FlowError.is(thrown)) throw thrown
      const message = `${what} starts nothing: ${thrown.message}`
      if (!this.#reported.has(message)) this.#log('warning', message)
      this.#reported.add(message)
      return undefined
    }
  }

  async #states(): Promise<Map<string, ScheduleState>> {
    const states = new Map<string, ScheduleState>()
    for await (const { key, value } of everyRecord(this.#records, SCHEDULES)) states.set(key, stateOf(value))
    return states
  }

  async #state(id: string): Promise<ScheduleState | undefined> {
    const record = await this.#records.get(SCHEDULES, id)
    return record && stateOf(record.value)
  }

  #change(
    id: string,
    change: (
      was: ScheduleState | undefined,
    ) => ScheduleState | null | undefined | Promise<ScheduleState | null | undefined>,
  ): Promise<ScheduleState | undefined> {
    return changeRecord<ScheduleState>(this.#records, SCHEDULES, id, change)
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

// ---

const SCHEDULES = 'schedules'
const MOST_RUNS = 100

/** It is read and written with each time that is due. */
const MOST_INPUT_BYTES = 256 * 1024

/** Throws INVALID_INPUT for one that no run could begin with. */
async function checkInput({ input, times }: Schedule, schema: Json | undefined, now: number): Promise<void> {
  if (input !== undefined && JSON.stringify(input).length > MOST_INPUT_BYTES) {
    throw new FlowError('INVALID_INPUT', '"input" has more than 256 KiB: store it as a blob, or let the flow load it')
  }
  try {
    if (input !== undefined) await fillTemplates(input, triggerAt(now))
  } catch (thrown) {
    throw FlowError.is(thrown) ? new FlowError('INVALID_INPUT', `"input": ${thrown.message}`) : thrown
  }
  if (schema === undefined) return
  const violations = await scheduleMisfits(schema, input, times)
  if (violations.length > 0) throw misfitting('"input" never fits', violations)
}

/** The record of a trigger that is not there any more. */
interface Gone {
  readonly id: string
  readonly state: ScheduleState
  isTaken: boolean
}

function stateOf(value: Json): ScheduleState {
  return value as unknown as ScheduleState // written here
}
