// The runs that this process has in hand: those it drives and those whose end somebody awaits. Forgets a run when it is
// neither.

import { errorValue } from '../../errors.ts'
import { FewMap } from '../../few-map.ts'
import type { JournalEntry, JournalId, RunId, RunOptions } from '../../journal/events.ts'
import { isEnded } from '../../journal/project.ts'
import type { MaybePromise } from '../../json.ts'
import type { Plan } from '../../plan/plan.ts'
import type { KnownSecrets } from '../../secrets/known-secrets.ts'
import { keysOf } from '../../secrets/own-words.ts'
import { Redactor } from '../../secrets/redactor.ts'
import type { Patience } from '../../store/patience.ts'
import type { JournalRow, Store } from '../../store/store.ts'
import { signalsIn } from '../calls/signals.ts'
import type { CallServices } from '../in-flight/attempt.ts'
import type { LinkedPlan } from '../link.ts'
import { ItemPlaces } from './item-places.ts'
import { LocalRun, type RedactingRun } from './local-run.ts'
import { beginningOf } from './run-journal.ts'

export interface LocalRunsTools {
  readonly store: Store
  readonly patience: Patience
  readonly warn: (message: string) => void
  readonly link: (plan: Plan) => MaybePromise<LinkedPlan>
  readonly secret: (name: string) => string | undefined
  readonly known: KnownSecrets
  readonly services: (of: RedactingRun, run: RunId) => CallServices
}

export class LocalRuns {
  readonly #tools: LocalRunsTools
  readonly #runs = new FewMap<RunId, LocalRun>()
  readonly #redactors = new WeakMap<LinkedPlan, Redactor>()

  constructor(tools: LocalRunsTools) {
    this.#tools = tools
  }

  get(id: RunId): LocalRun | undefined {
    return this.#runs.get(id)
  }

  /** One that went wrong here is begun anew by whoever wants to go on with it. */
  usable(id: RunId): LocalRun | undefined {
    const run = this.#runs.get(id)
    if (run?.bug === undefined) return run
    run.leave()
    this.forget(run)
    return undefined
  }

  /** Takes a run in hand. */
  add(id: RunId, plan: LinkedPlan, options: RunOptions, isRedacting: boolean): LocalRun {
    const { store, secret, known, services } = this.#tools
    const run = new LocalRun({
      id,
      plan,
      variables: options.variables ?? {},
      secrets: options.secrets ?? [],
      secret,
      known,
      services,
      keepsSteps: store.keepsSteps,
      redactor: this.#redactorOf(plan),
      // Where nothing is waited for at the store, more items at once would only hold more memory.
      places: new ItemPlaces(options.maxConcurrent, !store.durable),
      isRedacting,
    })
    run.unwatch = store.watch({ run: id }, (row) => {
      run.written(row)
      if (row.entries.some(isEnd)) void this.closeIfDone(run, row.journal)
    })
    this.#runs.set(id, run)
    return run
  }

  /** A run that is in the store, with what it was sent so far. */
  async load(id: RunId, isRedacting: boolean, maxConcurrent?: number): Promise<LocalRun> {
    // Of what is sent while the rows are read, nothing must be missed.
    const meanwhile: JournalRow[] = []
    const unwatch = this.#tools.store.watch({ run: id }, (row) => meanwhile.push(row))
    try {
      const run = await this.#read(id, isRedacting, maxConcurrent)
      for (const row of meanwhile) if (row.journal.endsWith('/0')) run.signalled(row.seq, signalsIn(row))
      return run
    } finally {
      unwatch()
    }
  }

  /** A journal has ended here. */
  close(run: LocalRun, journal: JournalId): void {
    run.close(journal)
    this.#forgetIfDone(run)
  }

  /** A journal that we put down or lost, and that another process has brought to its end. Never rejects. */
  async closeIfDone(run: LocalRun, journal: JournalId): Promise<void> {
    if (!run.isLeft(journal)) return
    const { store, patience, warn } = this.#tools
    try {
      // Whoever waits for the run would wait for ever if this were given up.
      const row = await patience.ask(() => store.runs.get(run.id), Number.POSITIVE_INFINITY)
      const shard = await patience.ask(() => store.runs.shard(journal), Number.POSITIVE_INFINITY)
      const isDone = !row || isEnded(row.status) || !shard || shard.done >= shard.items
      if (isDone && run.isLeft(journal)) this.close(run, journal)
    } catch (error) {
      warn(`whether run ${run.id} has ended cannot be read: ${errorValue(error).message}`)
      run.fail(error)
      if (run.isLeft(journal)) this.close(run, journal)
    }
  }

  /** Somebody waits no longer for its end. */
  release(run: LocalRun): void {
    run.handles--
    this.#forgetIfDone(run)
  }

  forget(run: LocalRun): void {
    run.isForgotten = true
    if (!run.isFollowed) run.unwatch()
    if (this.#runs.get(run.id) === run) this.#runs.delete(run.id)
  }

  /** The process goes: nothing more is called, what is under way may end. */
  retire(): void {
    for (const run of this.#runs.values()) run.retire()
  }

  /** The process goes: all that is driven stops where it is. */
  leave(): void {
    for (const run of this.#runs.values()) run.leave()
  }

  /** What takes out the secrets that all runs of a plan know. */
  #redactorOf(plan: LinkedPlan): Redactor {
    const known = this.#redactors.get(plan)
    if (known) return known
    const redactor = new Redactor([], [this.#tools.known.named], () => keysOf(plan.plan))
    this.#redactors.set(plan, redactor)
    return redactor
  }

  #forgetIfDone(run: LocalRun): void {
    if (run.openCount === 0 && run.handles === 0) this.forget(run)
  }

  async #read(id: RunId, isRedacting: boolean, maxConcurrent: number | undefined): Promise<LocalRun> {
    const { store, patience } = this.#tools
    const rows = await patience.ask(() => store.read(`${id}/0`))
    const { plan, options } = beginningOf(id, rows)
    const linked = await this.#tools.link(plan)
    const own = { ...options, ...(maxConcurrent === undefined ? {} : { maxConcurrent }) }
    const run = this.#runs.get(id) ?? this.add(id, linked, own, isRedacting)
    for (const row of rows) run.signalled(row.seq, signalsIn(row))
    return run
  }
}

// ---

function isEnd({ type }: JournalEntry): boolean {
  return type === 'finished'
}
