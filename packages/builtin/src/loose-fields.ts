// Fields that templates fill: what is meant as text may come as data, what is meant as a number or as JSON may come as text.

import { custom, type Field } from './input.ts'

/** Text; other values are said as JSON. */
export function words(description: string): Field<string> {
  return custom('text', { description }, (value) => {
    if (value === null || value === undefined) return undefined
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}

/** A number, or the text of one. */
export function numeric(description: string): Field<number> {
  return custom('a number', { type: ['number', 'string'], description }, (value) => {
    const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    return typeof read === 'number' && Number.isFinite(read) ? read : undefined
  })
}

/** What a text says in JSON; undefined if it says nothing. Other values are themselves. */
export function jsonValue(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}
