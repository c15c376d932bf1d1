// Writes paths: the other direction of the engine's parser, for values that move below another value.

import type { Expr } from '@stepflow/engine'
import { parsePath } from '@stepflow/engine'

/** `$.user["first name"][0]` */
export function pathText(segments: readonly (string | number)[]): string {
  return `$${segments.map(segmentText).join('')}`
}

/** `$`, `""` and nothing are the whole value. */
export function isWhole(path: string | undefined): boolean {
  return path === undefined || path.trim() === '' || path.trim() === '$'
}

/**
 * Reads `path` of the value that lies at `$.under` of the input. A bare word with dots is first one field, then a path; as
 * the engine reads it, but one level down.
 */
export function inputBelow(under: string, path: string | undefined, otherwise: Expr | undefined): Expr {
  const read = (at: string, missing: Expr | undefined): Expr => ({
    op: 'input',
    path: at,
    ...(missing ? { default: missing } : {}),
  })
  const text = path?.trim() ?? ''
  if (isWhole(text)) return read(`$.${under}`, otherwise)
  if (text.startsWith('$')) return read(`$.${under}${text.slice(1)}`, otherwise)
  const field = pathText([under, text])
  const dotted = `$.${under}.${text}`
  if (!/[.[]/.test(text) || 'error' in parsePath(dotted)) return read(field, otherwise)
  return read(field, read(dotted, otherwise))
}

// ---

function segmentText(segment: string | number): string {
  if (typeof segment === 'number') return `[${segment}]`
  if (segment !== '' && !/[.[\]"']|^\s|\s$/.test(segment)) return `.${segment}`
  return segment.includes('"') ? `['${segment}']` : `["${segment}"]`
}
