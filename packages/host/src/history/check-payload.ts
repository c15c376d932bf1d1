// What is sent to a wait, held against what may be sent: whoever sends it is told what does not fit.

import { FlowError, type Json } from '@stepflow/engine'
import { createSchemaLoader } from '@stepflow/schema'
import type { RecordedRun } from './recorded-run.ts'

/** Throws INVALID_INPUT with all that does not fit. */
export async function checkPayload(schema: Json | undefined, payload: unknown): Promise<void> {
  if (schema === undefined) return
  const { violations } = (await loadSchema(schema))(payload)
  if (violations.length === 0) return
  const told = violations.slice(0, 5).map(({ path, message }) => `${path} ${message}`)
  throw new FlowError('INVALID_INPUT', `the payload does not fit what may be sent: ${told.join('; ')}`, {
    data: violations.map(({ path, message }) => ({ code: 'DOES_NOT_FIT', level: 'error', message, path })),
  })
}

export interface NamedSignal {
  readonly name: string
  /** For this item only. */
  readonly item?: number | undefined
  readonly payload: unknown
}

/** Throws INVALID_INPUT if steps wait for it now, and none of them would take it. One that nobody waits for yet is kept. */
export async function checkSignal(recorded: RecordedRun, { name, item, payload }: NamedSignal): Promise<void> {
  let refused: unknown
  const seen = new Set<string>()
  for await (const wait of recorded.waits.open(item)) {
    if (wait.name !== name) continue
    // Many items ask for the same.
    const schema = JSON.stringify(wait.schema)
    if (schema === undefined) return
    if (seen.has(schema)) continue
    seen.add(schema)
    try {
      return await checkPayload(wait.schema, payload)
    } catch (thrown) {
      refused ??= thrown
    }
  }
  if (refused !== undefined) throw refused
}

// ---

const loadSchema = createSchemaLoader()
