// The runs of a cluster as a store that is only looked at: lists by visibility, a run by the journal that its workflow answers,
// also after its end, and signals on their way there. It drives nothing, and keeps nothing.

import {
  createMemoryStore,
  FlowError,
  isEnded,
  type OpenJournal,
  type RunRow,
  runOfJournal,
  type Store,
} from '@stepflow/engine'
import type { Connected } from '../connect.ts'
import { listRuns } from './list-runs.ts'
import { readJournal } from './read-journal.ts'
import { sendSignal } from './send-signal.ts'

export function runStore(connected: Connected): Store {
  const read = createMemoryStore()
  const known = new Map<string, Promise<boolean>>()
  /** False if there is no such run yet. One that is being read is not read twice, and one that is known is not read again. */
  const know = (id: string): Promise<boolean> => {
    const asked = known.get(id)
    if (asked) return asked
    const found = load(connected, id, read)
    known.set(id, found)
    found.then(
      (isThere) => isThere || known.delete(id),
      () => known.delete(id),
    )
    return found
  }
  let listed: readonly RunRow[] = []
  const knowJournal = (journal: string) => know(runOfJournal(journal))
  const { runs } = read
  return {
    durable: true,
    keepsSteps: true,
    append: async ({ journal, entries }) => {
      const id = runOfJournal(journal)
      for (const entry of entries) {
        if (entry.type !== 'signalled') throw onlyLooked()
        await sendSignal(connected, id, entry)
        // What is looked at next has it.
        if (await know(id)) await read.append({ journal, entries: [entry] })
      }
    },
    appendAll: () => {
      throw onlyLooked()
    },
    async read(journal, from) {
      return (await knowJournal(journal)) ? read.read(journal, from) : []
    },
    work: () => {
      throw onlyLooked()
    },
    runs: {
      ...{ cached: () => undefined, remove: refuse, summary: refuse },
      get: async (id) => ((await know(id)) ? runs.get(id) : undefined),
      async list(query) {
        const page = await listRuns(connected, query)
        listed = page.rows
        return page
      },
      items: async (id, ...rest) => ((await know(id)) ? runs.items(id, ...rest) : []),
      statuses: async (id, ...rest) => ((await know(id)) ? runs.statuses(id, ...rest) : new Uint8Array()),
      shards: async (id) => ((await know(id)) ? runs.shards(id) : []),
      shard: async (journal) => ((await knowJournal(journal)) ? runs.shard(journal) : undefined),
      async open(id) {
        // Asked by whoever has just listed runs, of those.
        if (id === undefined)
          return listed.filter(({ status }) => !isEnded(status)).map(({ id }) => heldThere(journalOf(id)))
        return (await know(id)) ? (await runs.open(id)).map(heldThere) : []
      },
    },
    blobs: read.blobs,
    records: read.records,
    logs: read.logs,
    cursor: () => read.cursor(),
    rowsAfter: (of) => read.rowsAfter(of),
    watch: (of, listener) => read.watch(of, listener),
    close: () => read.close(),
  }
}

// ---

async function load(connected: Connected, id: string, into: Store): Promise<boolean> {
  const rows = await readJournal(connected, id)
  if (!rows) return false
  for (const [after, { entries }] of rows.entries()) await into.append({ journal: `${id}/0`, after, entries })
  return true
}

function journalOf(run: string): OpenJournal {
  return { journal: `${run}/0`, run }
}

function heldThere(journal: OpenJournal): OpenJournal {
  return { ...journal, heldBy: 'Temporal' }
}

function onlyLooked(): FlowError {
  return new FlowError('INVALID_INPUT', 'the runs of a Temporal cluster are driven there, not from here')
}

function refuse(): never {
  throw onlyLooked()
}
