// Paths into JSON values: a bare field name, or `$` followed by `.name`, `[n]`, `["name"]`. Parsed once, then followed.

import { own } from '../json.ts'

export type Segment = string | number

/** What a path that leads nowhere gives. */
export const MISSING: unique symbol = Symbol('missing')

/** The segments of a path, or what is wrong with it. `""` and `$` are the whole value. */
export function parsePath(text: string): { readonly segments: readonly Segment[] } | { readonly error: string } {
  const path = text.trim()
  if (path === '' || path === '$') return { segments: [] }
  if (!path.startsWith('$')) return { segments: [path] }
  return parseAfterRoot(path, 1)
}

/**
 * A function from a value to what the path leads to, or MISSING. Below null all is null, or MISSING if `nullIsMissing`. A
 * bare word with dots that is not a field itself is read as a dotted path. Throws a SyntaxError if it does not parse.
 */
export function compilePath(text: string, nullIsMissing = false): (value: unknown) => unknown {
  const belowNull = nullIsMissing ? MISSING : null
  const parsed = parsePath(text)
  if ('error' in parsed) throw new SyntaxError(parsed.error)
  const { segments } = parsed
  if (segments.length === 0) return (value) => value
  const [first] = segments
  if (segments.length > 1 || typeof first !== 'string') return (value) => follow(value, segments, belowNull)
  const dotted = !text.trim().startsWith('$') && /[.[]/.test(first) ? parseAfterRoot(`.${first}`, 0) : undefined
  if (dotted && 'segments' in dotted) {
    return (value) => {
      const whole = field(value, first, belowNull)
      return whole === MISSING ? follow(value, dotted.segments, belowNull) : whole
    }
  }
  return (value) => field(value, first, belowNull)
}

/** The last value that a path does lead to, for the message of one that leads no further. */
export function lastReached(text: string, value: unknown): unknown {
  const parsed = parsePath(text)
  if ('error' in parsed) return value
  const [first] = parsed.segments
  const dotted = parsed.segments.length === 1 && typeof first === 'string' && !text.trim().startsWith('$')
  const again = dotted ? parseAfterRoot(`.${first}`, 0) : parsed
  let at = value
  for (const segment of 'segments' in again ? again.segments : parsed.segments) {
    const next = field(at, segment, MISSING)
    if (next === MISSING) return at
    at = next
  }
  return at
}

/** What was there to choose from, for the message of a path that leads nowhere. */
export function keysAt(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value)
    if (keys.length === 0) return 'an empty object'
    return keys.length > 12 ? `${keys.slice(0, 12).join(', ')}, ...` : keys.join(', ')
  }
  return typeof value === 'string' ? 'text' : `${typeof value === 'number' ? 'the number ' : ''}${String(value)}`
}

// ---

function follow(value: unknown, segments: readonly Segment[], belowNull: unknown): unknown {
  let at = value
  for (let i = 0; i < segments.length; i++) {
    at = field(at, segments[i] as Segment, belowNull)
    if (at === MISSING) return MISSING
  }
  return at
}

function field(value: unknown, segment: Segment, belowNull: unknown): unknown {
  if (value === null || value === undefined) return belowNull
  if (typeof value !== 'object') return MISSING
  if (Array.isArray(value)) {
    if (typeof segment !== 'number' || segment >= value.length) return MISSING
    return value[segment] ?? null
  }
  if (typeof segment === 'number') return MISSING
  return Object.hasOwn(value, segment) ? (own(value, segment) ?? null) : MISSING
}

function parseAfterRoot(path: string, start: number): { segments: Segment[] } | { error: string } {
  const segments: Segment[] = []
  let at = start
  while (at < path.length) {
    if (path[at] === '.') {
      let end = at + 1
      while (end < path.length && path[end] !== '.' && path[end] !== '[') end++
      if (end > at + 1) segments.push(path.slice(at + 1, end))
      at = end
    } else if (path[at] === '[') {
      const match = /^\[(?:(\d+)|"([^"]*)"|'([^']*)')\]/.exec(path.slice(at))
      if (!match) return { error: `path "${path}": expected [number] or ["name"] at "${path.slice(at)}"` }
      segments.push(match[1] === undefined ? (match[2] ?? match[3] ?? '') : Number(match[1]))
      at += match[0].length
    } else {
      return { error: `path "${path}": expected "." or "[" at "${path.slice(at)}"` }
    }
  }
  return { segments }
}
