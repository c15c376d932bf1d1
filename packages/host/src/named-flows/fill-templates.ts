// Fills in the templates of a value that is no part of a flow, such as the input of a trigger: they see what is given here.

import { isRecord, type Json, type PureFunction } from '@stepflow/engine'

/** Throws EXPRESSION_FAILURE for a template that cannot be read, or reads what is not there. */
export async function fillTemplates(value: Json, names: Readonly<Record<string, unknown>>): Promise<Json> {
  if (!hasTemplate(value)) return value
  const { functions } = await import('@stepflow/dialects')
  const template = (await functions('template')) as PureFunction // it is one of them
  return filled(value, (text) => template(text, names) as Json)
}

// ---

const MARK = /\{[{%#]/

function hasTemplate(value: Json): boolean {
  if (typeof value === 'string') return MARK.test(value)
  if (Array.isArray(value)) return value.some(hasTemplate)
  return isRecord(value) && Object.values(value).some((one) => hasTemplate(one as Json))
}

function filled(value: Json, fill: (text: string) => Json): Json {
  if (typeof value === 'string') return MARK.test(value) ? fill(value) : value
  if (Array.isArray(value)) return value.map((one) => filled(one, fill))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one as Json, fill)]))
}
