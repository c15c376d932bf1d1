// What an operation comes to: one change of the data after the other.

import type { Json, JsonObject } from '@stepflow/engine'
import { type Path, valueAt } from './steps.ts'

/** What an operation comes to; each is about the data that those before it have made. */
export type Part =
  | { readonly part: 'set'; readonly path: Path; readonly value: Json }
  | { readonly part: 'unset'; readonly path: Path }
  | { readonly part: 'insert'; readonly path: Path; readonly at: number; readonly value: Json }
  | { readonly part: 'move'; readonly path: Path; readonly from: number; readonly to: number }
  | { readonly part: 'names'; readonly names: readonly Renamed[] }

/** A text or a key that names a step. */
export interface Renamed {
  readonly path: Path
  readonly what: 'key' | 'text'
  readonly to: string
  /** In a template: the name that is replaced, and by which of the mentions of it. */
  readonly mention?: { readonly pattern: string; readonly which: readonly number[]; readonly name: string }
}

/** The data after a part. */
export function applied(data: Json, part: Part): Json {
  if (part.part === 'names') return part.names.reduce(withName, data)
  return at(data, part.path, (value, holder, key) => {
    switch (part.part) {
      case 'set':
        return put(holder, key, part.value)
      case 'unset':
        return taken(holder, key)
      case 'insert':
        return put(holder, key, inserting(value, part.at, part.value))
      case 'move':
        return put(holder, key, moving(value, part.from, part.to))
    }
  })
}

// ---

type Change = (value: Json | undefined, holder: Json, key: string | number) => Json

/** The data with what holds the end of the path made anew. */
function at(data: Json, path: Path, change: Change): Json {
  // The whole is held by nothing: it stands in a list of its own for the moment.
  const whole = changedIn([data], [0, ...path], change) as readonly Json[]
  return whole[0] as Json
}

function changedIn(holder: Json, [key, ...rest]: Path, change: Change): Json {
  const value = valueAt(holder, [key as string])
  if (rest.length === 0) return change(value, holder, key as string)
  return put(holder, key as string, changedIn(value ?? {}, rest, change))
}

// Objects are copied by spread and from entries, which keep a key called `__proto__`; an assignment would not.

function put(holder: Json, key: string | number, value: Json): Json {
  if (Array.isArray(holder)) {
    const list = [...(holder as readonly Json[])]
    list[Number(key)] = value
    return list
  }
  return { ...(holder as JsonObject), [key]: value }
}

function taken(holder: Json, key: string | number): Json {
  if (Array.isArray(holder)) return (holder as readonly Json[]).filter((_, i) => i !== key)
  return Object.fromEntries(Object.entries(holder as JsonObject).filter(([name]) => name !== String(key)))
}

function inserting(list: Json | undefined, i: number, value: Json): Json {
  const items = Array.isArray(list) ? (list as readonly Json[]) : []
  return [...items.slice(0, i), value, ...items.slice(i)]
}

function moving(list: Json | undefined, from: number, to: number): Json {
  const items: unknown[] = Array.isArray(list) ? [...list] : Object.entries((list ?? {}) as object)
  items.splice(to, 0, ...items.splice(from, 1))
  return Array.isArray(list) ? (items as readonly Json[]) : Object.fromEntries(items as [string, Json][])
}

function withName(data: Json, { path, what, to }: Renamed): Json {
  return at(data, path, (_, holder, key) => {
    if (what === 'text') return put(holder, key, to)
    return Object.fromEntries(
      Object.entries(holder as JsonObject).map(([name, one]) => [name === key ? to : name, one]),
    )
  })
}
