// stepflow runs export, import: a run as one JSON file. Its journals row by row, with the blobs that they name; secrets are
// taken out on the way, so a run that was begun with secrets cannot be run again from its file without them.

import {
  type BlobKind,
  type Blobs,
  checkPlan,
  FlowError,
  isDamage,
  isRecord,
  JournalCodec,
  type JournalEntry,
  own,
  type Plan,
  type Store,
} from '@stepflow/engine'
import { findRun } from '../find-run.ts'
import { printable } from '../progress/draw-tree.ts'
import { readText } from '../read-file.ts'
import { version as program } from '../version.ts'
import { checkWritable, writeText } from '../write-file.ts'
import type { Action, RunsContext } from './action.ts'
import { faultOfEntry } from './check-entry.ts'
import { type RunRedactor, readCreated, redactorOf } from './read-run.ts'

const FORMAT = 'stepflow-run'
const VERSION = 1

export const exportRun: Action = {
  operands: 'ID',
  options: ['output', 'secrets', 'json'],
  async run(at) {
    const { args, io, store, messages, operands } = at
    const output = args.value('output')
    if (output !== undefined) checkWritable(output, io.cwd)
    const { id } = await findRun(store, operands[0] as string) // there as its operands say
    const text = `${JSON.stringify(await exported(at, id))}\n`
    if (output === undefined) {
      io.out(text)
      return 0
    }
    writeText(output, text, 'the export', io.cwd)
    messages.hint(`run ${id} is in ${output}`)
    return 0
  },
}

export const importRun: Action = {
  operands: 'FILE',
  options: ['json'],
  makesStore: true,
  async run({ args, io, store, messages, operands }) {
    const [file] = operands as [string] // there as its operands say
    const { run, journals, blobs } = readExport(readText(file, 'the export', io.cwd), file)
    if (await store.runs.get(run)) throw new FlowError('CONFLICT', `run ${run} is in this store already`)
    try {
      await bring(store, journals, blobs)
    } catch (thrown) {
      // Half a run is none.
      await store.runs.remove(run)
      throw thrown
    }
    if (args.has('json')) io.out(`${JSON.stringify({ id: run })}\n`)
    else messages.hint(`run ${run} is imported`)
    return 0
  },
}

// --- out

interface ExportedBlob {
  readonly kind: BlobKind
  /** JSON as it is, bytes in base64. */
  readonly content: unknown
}

interface Exported {
  readonly run: string
  readonly journals: Readonly<Record<string, readonly unknown[]>>
  readonly blobs: Readonly<Record<string, ExportedBlob>>
}

async function exported(
  { args, io, store }: RunsContext,
  run: string,
): Promise<Exported & Readonly<Record<string, unknown>>> {
  const redactor = await redactorOf(await readCreated(store, run), args, io)
  const journals: Record<string, unknown[]> = {}
  const blobs: Record<string, ExportedBlob> = {}
  const codec = new JournalCodec()
  for (const { journal } of await store.runs.shards(run)) {
    const rows = await store.read(journal)
    const [first] = rows[0]?.entries ?? []
    if (first?.type === 'created') redactor.sees(first.inputs)
    journals[journal] = []
    for (const { entries } of rows) {
      const encoded = codec.encode(entries.map((entry) => redacted(entry, redactor)))
      journals[journal].push(JSON.parse(encoded.text))
      for (const { id, kind, content } of encoded.blobs) blobs[id] = blobOut(kind, content())
      await addNamedBlobs(encoded.text, store.blobs, blobs, redactor)
    }
  }
  return { format: FORMAT, version: VERSION, program, exportedAt: new Date().toISOString(), run, journals, blobs }
}

/** Only what users brought or steps made: the words of the journal itself are nobody's secret. */
function redacted(entry: JournalEntry, redactor: RunRedactor): JournalEntry {
  switch (entry.type) {
    case 'created': {
      const { variables } = entry.options ?? {}
      const options = variables && { options: { ...entry.options, variables: redactor.value(variables) } }
      return { ...entry, inputs: redactor.value(entry.inputs), ...options }
    }
    case 'settled': {
      // What is kept for later calls stays where it was made.
      const { cache: _, ...rest } = entry
      return { ...rest, outcome: redactor.value(entry.outcome) }
    }
    case 'finished':
      return { ...entry, outcome: redactor.value(entry.outcome) }
    case 'parked':
      return entry.state === undefined ? entry : { ...entry, state: redactor.value(entry.state) }
    case 'signalled':
      return entry.payload === undefined ? entry : { ...entry, payload: redactor.value(entry.payload) }
    default:
      return entry
  }
}

/** Whatever looks like a blob's id and is one; blobs may name blobs. */
async function addNamedBlobs(
  text: string,
  from: Blobs,
  blobs: Record<string, ExportedBlob>,
  redactor: RunRedactor,
): Promise<void> {
  for (const [id] of text.matchAll(/\b[0-9a-f]{64}\b/g)) {
    if (Object.hasOwn(blobs, id)) continue
    const value = await found(from, id)
    if (value === undefined) continue
    const isBytes = value instanceof Uint8Array
    // Its id is the hash of what it holds: with a secret in it, it cannot come along.
    if (!isBytes && redactor.value(value) !== value) continue
    blobs[id] = isBytes ? blobOut('bytes', value) : { kind: 'json', content: value }
    if (!isBytes) await addNamedBlobs(JSON.stringify(value), from, blobs, redactor)
  }
}

async function found(blobs: Blobs, id: string): Promise<unknown> {
  try {
    return await blobs.get(id)
  } catch (thrown) {
    if (FlowError.is(thrown) && thrown.code === 'NOT_FOUND') return undefined
    throw thrown
  }
}

function blobOut(kind: BlobKind, content: string | Uint8Array): ExportedBlob {
  if (kind === 'bytes') return { kind, content: Buffer.from(content as Uint8Array).toString('base64') } // bytes are bytes
  return { kind, content: JSON.parse(String(content)) }
}

// --- in

function readExport(text: string, file: string): Exported {
  const refuse = (why: string) => new FlowError('INVALID_INPUT', `"${file}" ${why}`)
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (thrown) {
    throw refuse(`is not JSON, or only a part of it: ${(thrown as Error).message}`)
  }
  if (own(document, 'format') !== FORMAT) throw refuse('is no export of a run: `stepflow runs export ID` makes one')
  const version = own(document, 'version')
  if (version !== VERSION) {
    throw refuse(
      `was exported in format ${JSON.stringify(version)} (by stepflow ${own(document, 'program') ?? 'of another version'}), and this stepflow reads ${VERSION}: use one that fits`,
    )
  }
  const [run, journals, blobs] = [own(document, 'run'), own(document, 'journals'), own(document, 'blobs')]
  if (typeof run !== 'string' || run === '' || run !== printable(run) || !isRecord(journals) || !isRecord(blobs))
    throw refuse('is damaged')
  for (const [journal, rows] of Object.entries(journals)) {
    if (!/^\d+$/.test(journal.slice(run.length + 1)) || !journal.startsWith(`${run}/`) || !Array.isArray(rows)) {
      throw refuse(`is damaged: "${journal}" is no journal of run ${run}`)
    }
  }
  const first = firstOf(firstOf(journals[`${run}/0`]))
  const plan = own(first, 'plan')
  if (own(first, 'type') !== 'created' || !isPlan(plan)) throw refuse('is damaged: it does not begin with a plan')
  return { run, journals, blobs } as unknown as Exported // each part was looked at
}

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
