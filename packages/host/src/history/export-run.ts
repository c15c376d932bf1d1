// A recorded run as one JSON document. Secrets are taken out on the way, so a run that was begun with secrets cannot be run
// again from its document without them.

import { type BlobKind, JournalCodec, type JournalEntry, type LogLine } from '@stepflow/engine'
import { type Exported, type ExportedBlob, FORMAT, VERSION } from './exported.ts'
import type { ReadJournal, RecordedRun } from './recorded-run.ts'

/** `program`: the version that writes it. */
export async function exportRun(
  recorded: RecordedRun,
  program: string,
): Promise<Exported & Readonly<Record<string, unknown>>> {
  const journals: Record<string, unknown[]> = {}
  const blobs: Record<string, ExportedBlob> = {}
  const codec = new JournalCodec({ plans: 'text' })
  for await (const { journal, rows, blob } of recorded.journals()) {
    journals[journal] = []
    for (const entries of rows) {
      const encoded = codec.encode(entries.map(withoutCache))
      journals[journal].push(JSON.parse(encoded.text))
      for (const { id, kind, content } of encoded.blobs) blobs[id] = blobOut(kind, content())
      await addNamedBlobs(encoded.text, blob, blobs)
    }
  }
  const logs = await logOf(recorded)
  const logged = logs.length > 0 ? { logs } : {}
  const exportedAt = new Date().toISOString()
  return { format: FORMAT, version: VERSION, program, exportedAt, run: recorded.row.id, journals, blobs, ...logged }
}

// ---

async function logOf(recorded: RecordedRun): Promise<LogLine[]> {
  const all: LogLine[] = []
  for (let page = await recorded.log({ limit: LINES_AT_ONCE }); page; ) {
    for (const line of page.lines) all.push(line)
    page = page.next === undefined ? undefined : await recorded.log({ limit: LINES_AT_ONCE, after: page.next })
  }
  return all
}

const LINES_AT_ONCE = 1_000

/** What is kept for later calls stays where it was made. */
function withoutCache(entry: JournalEntry): JournalEntry {
  if (entry.type !== 'settled') return entry
  const { cache: _, ...rest } = entry
  return rest
}

/** Whatever looks like a blob's id and is one; blobs may name blobs. */
async function addNamedBlobs(
  text: string,
  blob: ReadJournal['blob'],
  blobs: Record<string, ExportedBlob>,
): Promise<void> {
  for (const [id] of text.matchAll(/\b[0-9a-f]{64}\b/g)) {
    if (Object.hasOwn(blobs, id)) continue
    const value = await blob(id)
    if (value === undefined) continue
    const isBytes = value instanceof Uint8Array
    blobs[id] = isBytes ? blobOut('bytes', value) : { kind: 'json', content: value }
    if (!isBytes) await addNamedBlobs(JSON.stringify(value), blob, blobs)
  }
}

function blobOut(kind: BlobKind, content: string | Uint8Array): ExportedBlob {
  if (kind === 'bytes') return { kind, content: Buffer.from(content as Uint8Array).toString('base64') } // bytes are bytes
  return { kind, content: JSON.parse(String(content)) }
}
