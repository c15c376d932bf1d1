// An input that somebody made of a recorded one, which was shown to them without its secrets: these are put back.

import { FlowError, isRecord, own, redactedMark, setOwn } from '@stepflow/engine'
import type { Created } from './read-created.ts'
import type { RecordedRun } from './recorded-run.ts'

/** The input of a rerun of a single run; throws INVALID_INPUT where `[redacted]` stands for nothing. */
export async function editedInput(recorded: RecordedRun, { inputs }: Created, edited: unknown): Promise<unknown> {
  if (!holdsMark(edited)) return edited
  for await (const { rows } of recorded.journals()) {
    const [first] = rows[0] ?? []
    return putBack(edited, first?.type === 'created' ? first.inputs[0] : undefined, inputs[0], '$')
  }
  return edited
}

/** `shown`: what was recorded, without secrets. Text that holds one among others is put back as long as it is as it was shown. */
export function putBack(edited: unknown, shown: unknown, recorded: unknown, path: string): unknown {
  if (typeof edited === 'string') {
    if (edited === shown) return recorded
    if (edited === redactedMark && recorded !== undefined) return recorded
    if (!edited.includes(redactedMark)) return edited
    const isMark = edited === redactedMark
    if (!isMark && !(typeof shown === 'string' && shown.includes(redactedMark))) return edited
    const what = isMark ? 'nothing was recorded there' : 'the text around the secret is not the recorded one'
    throw new FlowError('INVALID_INPUT', `"${redactedMark}" at ${path} of the input cannot be put back: ${what}`)
  }
  if (Array.isArray(edited)) {
    const [before, there] = [listOf(shown), listOf(recorded)]
    return edited.map((one, i) => putBack(one, before[i], there[i], `${path}[${i}]`))
  }
  if (!isRecord(edited)) return edited
  const made: Record<string, unknown> = {}
  for (const [key, one] of Object.entries(edited)) {
    setOwn(made, key, putBack(one, own(shown, key), own(recorded, key), `${path}.${key}`))
  }
  return made
}

// ---

function holdsMark(value: unknown): boolean {
  return JSON.stringify(value)?.includes(redactedMark) ?? false
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
