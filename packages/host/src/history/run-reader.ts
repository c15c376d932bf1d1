// The only way to read recorded runs in order to show them, hand them on or give them to programs: everything that it
// returns is redacted. Code that continues a run reads the store itself, and shows nothing of it.

import {
  bareId,
  FlowError,
  type RunId,
  type RunPage,
  type RunQuery,
  type RunRow,
  type RunsSummary,
  type Store,
  type SummaryQuery,
  secretsInBlob,
  type WhySummary,
} from '@stepflow/engine'
import type { Secrets } from '../secrets/secrets.ts'
import { findRun } from './find-run.ts'
import { listWaiting } from './list-waiting.ts'
import { type Created, readCreated } from './read-created.ts'
import { readBlob } from './read-stored.ts'
import { RecordedRun } from './recorded-run.ts'
import { redactorOfRun, redactRow } from './run-secrets.ts'
import type { Driving } from './run-why.ts'

export interface RunReader {
  /** What is redacted in the rows is not found by `q` either. */
  list(query?: RunQuery): Promise<RunPage>
  summary(query: SummaryQuery): Promise<RunsSummary>
  /** What each of the runs of a list waits for, where nothing of it moves. */
  waiting(rows: readonly RunRow[]): Promise<(WhySummary | undefined)[]>
  /** Of the runs that have not ended, those that a process that is alive has in hand, and which. */
  holders(): Promise<ReadonlyMap<RunId, string>>
  /** Throws NOT_FOUND, with the ids that are most like it. */
  open(run: RunId): Promise<RecordedRun>
  /** The row of a run whose beginning is at hand, as it may be shown: nothing is read for it. */
  shown(row: RunRow, begun: Pick<Created, 'plan' | 'options'>): RunRow
  /** What a blob holds: bytes, or JSON. Throws NOT_FOUND. */
  blob(id: string): Promise<unknown>
}

/**
 * `secrets`: all values that this process knows to be secret are taken out, whatever a run's own flow marks. `serves`: is there
 * a component of that path? Unless told, it is not known that there is none.
 */
export function createRunReader(
  store: Store,
  secrets: Pick<Secrets, 'known' | 'refresh'>,
  serves: Driving['serves'] = () => true,
): RunReader {
  const process = secrets.known.named
  // Where nothing is secret nothing need be compared twice.
  const shown = () => (process.isEmpty ? undefined : (text: string) => process.text(text))
  const reader: RunReader = {
    // In most rows there is nothing that somebody brought.
    shown: (row, begun) => (row.labels || row.error ? redactRow(row, redactorOfRun(process, begun)) : row),
    async blob(id) {
      await secrets.refresh()
      const value = await readBlob(store, id)
      if (value instanceof Uint8Array) return value
      let shown = process.value(value)
      for (const { run, item } of await secretsInBlob(store.records, bareId(id))) {
        if (!(await store.runs.get(run))) {
          throw new FlowError(
            'NOT_FOUND',
            `blob ${id} is not shown: run ${run}, which knows what is secret in it, is gone`,
          )
        }
        shown = await (await reader.open(run)).withoutSecrets(item, shown)
      }
      return shown
    },
    async list(query) {
      // Another process may have set one, and used it in a run that is shown here.
      await secrets.refresh()
      const page = await store.runs.list({ ...query, shown: shown() })
      return { ...page, rows: page.rows.map((row) => redactRow(row, process)) }
    },
    async summary(query) {
      await secrets.refresh()
      return store.runs.summary({ ...query, shown: shown() })
    },
    waiting: (rows) =>
      listWaiting(rows, {
        open: async () => store.runs.open(),
        waitingOf: async (run) => (await reader.open(run)).waiting(),
      }),
    async holders() {
      const held = new Map<RunId, string>()
      for (const { run, heldBy } of await store.runs.open()) if (heldBy !== undefined) held.set(run, heldBy)
      return held
    },
    async open(run) {
      await secrets.refresh()
      const row = await findRun(store, run)
      let created: Created | undefined
      let damage: string | undefined
      try {
        created = await readCreated(store, run)
      } catch (thrown) {
        if (!FlowError.is(thrown)) throw thrown
        damage = thrown.message
      }
      const redactor = created ? redactorOfRun(process, created) : process
      return new RecordedRun(store, redactRow(row, redactor), { created, damage, redactor, serves })
    },
  }
  return reader
}
