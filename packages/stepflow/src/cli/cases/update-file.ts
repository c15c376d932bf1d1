// Writes results into the `test.cases` of a flow's text. Only what differs of the outputs changes: every other character stays.

import { FlowError, type Json } from '@stepflow/engine'

/** The text with the outputs of these cases (by position) replaced or added. Undefined if they cannot be written into it. */
export async function updateOutputs(text: string, outputs: ReadonlyMap<number, unknown>): Promise<string | undefined> {
  const { editSource, get, readSource } = await import('@stepflow/dialects')
  const cases = get(get(readSource(text).node, 'test'), 'cases')
  if (cases?.kind !== 'list' || [...outputs.keys()].some((index) => cases.items[index]?.kind !== 'map'))
    return undefined
  const edits = [...outputs].map(([index, value]) => ({
    path: ['test', 'cases', index, 'output'],
    value: value as Json, // results of runs
  }))
  try {
    return editSource(text, 'yaml', edits)
  } catch (error) {
    if (FlowError.is(error)) return undefined
    throw error
  }
}
