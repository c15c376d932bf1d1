// A run out of the document that an export made, into a store. What somebody brought is checked on the way; half a run is none.

import { isDeepStrictEqual } from 'node:util'
import {
  checkPlan,
  FlowError,
  isDamage,
  isRecord,
  JournalCodec,
  type JournalEntry,
  own,
  type Plan,
  type RunId,
  type Store,
  whyNoRunId,
  whyNotJson,
} from '@stepflow/engine'
import { faultOfEntry } from './check-entry.ts'
import { bareLine, faultOfLine } from './check-line.ts'
import { exportRun } from './export-run.ts'
import { type Exported, FORMAT, VERSION } from './exported.ts'
import type { RunReader } from './run-reader.ts'

export interface Imported {
  readonly run: RunId
  /** `false` where the store had this very run before. */
  readonly isNew: boolean
}

/** `name` says in messages what the text is: a file's name in quotes, for example. `reader` reads the store. */
export async function importRun(store: Store, reader: RunReader, text: string, name: string): Promise<Imported> {
  const brought = readExport(text, name)
  const { run, journals, blobs, logs = [] } = brought
  if (await store.runs.get(run)) {
    if (await isThere(reader, brought)) return { run, isNew: false }
    const message = `this store already has run ${run}, and ${name} differs from it: import it into another store, or remove the run first (stepflow runs delete ${run})`
    throw new FlowError('CONFLICT', message)
  }
  try {
    await bring(store, journals, blobs)
    for (let from = 0; from < logs.length; from += LINES_AT_ONCE) {
      await store.logs.add(run, logs.slice(from, from + LINES_AT_ONCE))
    }
  } catch (thrown) {
    await store.runs.remove(run)
    throw thrown
  }
  return { run, isNew: true }
}

/** Throws INVALID_INPUT for what is no export, or not a whole one. */
export function readExport(text: string, name: string): Exported {
  const refuse = (why: string) => new FlowError('INVALID_INPUT', `${name} ${why}`)
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (thrown) {
    throw refuse(`is not JSON, or only a part of it: ${whyNotJson(thrown)}`)
  }
  if (own(document, 'format') !== FORMAT) throw refuse('is not an export of a run: `stepflow runs export ID` makes one')
  const version = own(document, 'version')
  if (version !== VERSION) {
    throw refuse(
      `was exported in format ${JSON.stringify(version)} (by stepflow ${own(document, 'program') ?? 'of another version'}), and this stepflow reads format ${VERSION}: use a version of stepflow that reads it`,
    )
  }
  const [run, journals, blobs] = [own(document, 'run'), own(document, 'journals'), own(document, 'blobs')]
  if (typeof run !== 'string' || CONTROL.test(run) || !isRecord(journals) || !isRecord(blobs))
    throw refuse('is damaged')
  const whyNoId = whyNoRunId(run)
  if (whyNoId !== undefined) throw refuse(`is of no run: an id ${whyNoId}`)
  for (const [journal, rows] of Object.entries(journals)) {
    if (!/^\d+$/.test(journal.slice(run.length + 1)) || !journal.startsWith(`${run}/`) || !Array.isArray(rows)) {
      throw refuse(`is damaged: "${journal}" is not a journal of run ${run}`)
    }
  }
  const first = firstOf(firstOf(journals[`${run}/0`]))
  const plan = own(first, 'plan')
  if (own(first, 'type') !== 'created' || !isPlan(plan)) throw refuse('is damaged: it does not begin with a plan')
  const logs = own(document, 'logs') ?? []
  if (!Array.isArray(logs)) throw refuse('is damaged: its "logs" are no list')
  const lines = logs.map((line, index) => {
    const fault = faultOfLine(line)
    if (fault !== undefined) throw refuse(`is damaged: line ${index} of its log has ${fault}`)
    return bareLine(line)
  })
  return { run, journals, blobs, logs: lines } as unknown as Exported // each part was looked at
}

// ---

const LINES_AT_ONCE = 1_000

/** Compared as they are exported: what an export leaves out makes no difference, nor does what was logged. */
async function isThere(reader: RunReader, { run, journals, blobs }: Exported): Promise<boolean> {
  const recorded = await reader.open(run)
  if (recorded.damage !== undefined) return false
  const there = await exportRun(recorded, '')
  return isDeepStrictEqual({ journals: there.journals, blobs: there.blobs }, { journals, blobs })
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an id with one could forge lines
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined
}

function isPlan(plan: unknown): plan is Plan {
  if (!isRecord(plan) || !Array.isArray(plan.steps)) return false
  try {
    return checkPlan(plan as unknown as Plan).length === 0 // throws on what is shaped otherwise
  } catch {
    return false
  }
}

async function bring(store: Store, journals: Exported['journals'], blobs: Exported['blobs']): Promise<void> {
  for (const [id, blob] of Object.entries(blobs)) {
    const [kind, content] = [own(blob, 'kind'), own(blob, 'content')]
    const value = kind === 'bytes' ? new Uint8Array(Buffer.from(String(content), 'base64')) : content
    const got = await store.blobs.put(value)
    if (got !== id) throw new FlowError('INVALID_INPUT', `the export is damaged: blob ${id} holds something else`)
  }
  const codec = new JournalCodec()
  const byNumber = Object.entries(journals).sort(([a], [b]) => numberOf(a) - numberOf(b))
  for (const [journal, rows] of byNumber) {
    for (const [seq, row] of rows.entries()) {
      const decoded = codec.decode(JSON.stringify(row))
      if (isDamage(decoded)) throw damaged(journal, seq, decoded.damage)
      for (const hole of decoded.holes) hole.fill(await store.blobs.get(hole.id))
      await store.append({ journal, after: seq, entries: decoded.value.map((entry) => checked(entry, journal, seq)) })
    }
  }
}

function checked(entry: JournalEntry, journal: string, seq: number): JournalEntry {
  const fault = faultOfEntry(entry)
  if (fault !== undefined) throw damaged(journal, seq, fault)
  if (entry.type === 'created' && !journal.startsWith(`${entry.run}/`)) throw damaged(journal, seq, 'another run')
  if (entry.type !== 'settled') return entry
  // Nobody else's runs may be served from what a file says.
  const { cache: _, ...rest } = entry
  return rest
}

function numberOf(journal: string): number {
  return Number(journal.slice(journal.lastIndexOf('/') + 1))
}

function damaged(journal: string, seq: number, what: string): FlowError {
  return new FlowError('INVALID_INPUT', `the export is damaged: row ${seq} of journal ${journal} has ${what}`)
}
