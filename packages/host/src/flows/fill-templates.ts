// Fills in the input of a trigger: its texts are templates, which see what is given here and nothing of a run. `$template` and
// `$literal` say what they say in a flow; the check of the flow has refused the other expressions.

import { isRecord, type Json, own, type PureFunction } from '@stepflow/engine'

/** Throws EXPRESSION_FAILURE for a template that cannot be read, or reads what is not there. */
export async function fillTemplates(value: Json, names: Readonly<Record<string, unknown>>): Promise<Json> {
  if (!needsFilling(value)) return value
  const { functions } = await import('@stepflow/dialects')
  const template = (await functions('template')) as PureFunction // it is one of them
  return filled(value, (text) => template(text, names) as Json)
}

/** Most inputs are plain data, and need no template language. */
export function needsFilling(value: Json): boolean {
  if (typeof value === 'string') return MARK.test(value)
  if (Array.isArray(value)) return value.some(needsFilling)
  if (!isRecord(value)) return false
  return Object.entries(value).some(([key, one]) => EXPRESSIONS.has(key) || needsFilling(one as Json))
}

// ---

const MARK = /\{[{%#]/
const EXPRESSIONS: ReadonlySet<string> = new Set(['$literal', '$template'])

function filled(value: Json, fill: (text: string) => Json): Json {
  if (typeof value === 'string') return MARK.test(value) ? fill(value) : value
  if (Array.isArray(value)) return value.map((one) => filled(one, fill))
  if (!isRecord(value)) return value
  const keys = Object.keys(value)
  if (keys.length === 1) {
    if (keys[0] === '$literal') return own(value, '$literal') as Json
    const text = own(value, '$template')
    if (typeof text === 'string') return fill(text)
  }
  return Object.fromEntries(keys.map((key) => [key, filled(own(value, key) as Json, fill)]))
}
