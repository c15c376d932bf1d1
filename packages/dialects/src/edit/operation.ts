// What a form or a graph does to a flow, as what happens to its data: values are set, taken away, put in, moved; texts and keys
// that name a step are changed.

import { FlowError, isRecord, type Json } from '@stepflow/engine'
import { isSoleReference, mentionsOf, namesOfInput } from './mentions.ts'
import { applied, type Part } from './part.ts'
import { idOf, idsOf, NEEDS, type Path, pathOfStep, stepsOf, valueAt } from './steps.ts'

export type Operation =
  /** `path` is one in the step, if one is named. What is missing on the way is made. */
  | { readonly op: 'set'; readonly step?: string; readonly path: Path; readonly value: Json }
  | { readonly op: 'unset'; readonly step?: string; readonly path: Path }
  /** Of a step, and of all that names it. */
  | { readonly op: 'rename'; readonly step: string; readonly to: string }
  /** Into a list; without `at` at its end. A list that is not there is made. */
  | { readonly op: 'insert'; readonly path: Path; readonly at?: number; readonly value: Json }
  /** Of a step, and of what waits for it without reading it. */
  | { readonly op: 'delete'; readonly step: string }
  /** A step comes to stand at this place among the steps. */
  | { readonly op: 'move'; readonly step: string; readonly at: number }
  /** `to` waits for `from`. */
  | { readonly op: 'connect'; readonly from: string; readonly to: string }
  /** `to` waits for `from` no more, and no longer takes values from it. */
  | { readonly op: 'disconnect'; readonly from: string; readonly to: string }

export function partsOf(operation: Operation, data: Json): readonly Part[] {
  switch (operation.op) {
    case 'set':
      return [{ part: 'set', path: pathIn(data, operation), value: operation.value }]
    case 'unset':
      return [{ part: 'unset', path: pathIn(data, operation) }]
    case 'rename':
      return renamed(data, operation.step, operation.to)
    case 'insert':
      return inserted(data, operation)
    case 'delete': {
      const path = pathOfStep(data, operation.step)
      const others = idsOf(data).filter((id) => id !== operation.step)
      return [...others.flatMap((id) => withoutNeed(data, id, operation.step)), { part: 'unset', path }]
    }
    case 'move':
      return moved(data, operation.step, operation.at)
    case 'connect':
      return connected(data, operation.from, operation.to)
    case 'disconnect':
      return disconnected(data, operation.from, operation.to)
  }
}

// ---

function pathIn(data: Json, { step, path }: { readonly step?: string; readonly path: Path }): Path {
  return step === undefined ? path : [...pathOfStep(data, step), ...path]
}

function inserted(data: Json, operation: Operation & { op: 'insert' }): readonly Part[] {
  const { path, value } = operation
  const there = valueAt(data, path)
  // Steps by name: the new one has its id as its key.
  if (isRecord(there) && isRecord(value) && typeof value.id === 'string') {
    const { id, ...step } = value as Readonly<Record<string, Json>>
    return [{ part: 'set', path: [...path, id as string], value: step }]
  }
  const length = Array.isArray(there) ? there.length : 0
  return [{ part: 'insert', path, at: Math.min(operation.at ?? length, length), value }]
}

function moved(data: Json, id: string, to: number): readonly Part[] {
  const { path, steps } = stepsOf(data)
  const from = steps.findIndex((step) => idOf(step) === id)
  if (from < 0) throw new FlowError('NOT_FOUND', `there is no step "${id}"`)
  return [{ part: 'move', path, from, to: Math.max(0, Math.min(to, steps.length - 1)) }]
}

function renamed(data: Json, from: string, to: string): readonly Part[] {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(to)) {
    const rule = 'it begins with a letter or "_" and goes on with letters, digits, "_" and "-"'
    throw new FlowError('INVALID_INPUT', `${JSON.stringify(to)} is no id of a step: ${rule}`)
  }
  const ids = idsOf(data)
  if (!ids.includes(from)) throw new FlowError('NOT_FOUND', `there is no step "${from}"`)
  if (from === to) return []
  if (ids.includes(to)) throw new FlowError('CONFLICT', `there is a step "${to}" already`)
  const names = { part: 'names', names: mentionsOf(data, from, to) } as const
  // Both may stand in one text.
  return [names, { part: 'names', names: namesOfInput(applied(data, names), from, to) }]
}

function connected(data: Json, from: string, to: string): readonly Part[] {
  const path = pathOfStep(data, to)
  pathOfStep(data, from)
  if (from === to) throw new FlowError('INVALID_INPUT', `step "${to}" cannot wait for itself`)
  const key = needsKey(data, path)
  const needs = valueAt(data, [...path, key])
  if (needs === undefined || needs === null) return [{ part: 'set', path: [...path, key], value: [from] }]
  if (!Array.isArray(needs)) return needs === from ? [] : [{ part: 'set', path: [...path, key], value: [needs, from] }]
  return needs.includes(from) ? [] : [{ part: 'insert', path: [...path, key], at: needs.length, value: from }]
}

function disconnected(data: Json, from: string, to: string): readonly Part[] {
  const path = pathOfStep(data, to)
  const parts = [...withoutNeed(data, to, from)]
  const rest = mentionsOf(data, from, from).filter(
    ({ path: at }) =>
      path.every((key, i) => at[i] === key) && at.length > path.length && !NEEDS.has(String(at[path.length])),
  )
  const gone = new Set<string>()
  // From the end, so that the places of the others stay right.
  for (const { path: place } of rest.reverse()) {
    const sole = isSoleReference(data, place)
    // An item of a list has others behind it, which would move up to where it was.
    if (!sole || sole.length <= path.length || typeof sole.at(-1) === 'number') {
      const where = place.slice(path.length).filter((key) => typeof key === 'number' || !key.startsWith('$'))
      throw new FlowError('INVALID_INPUT', `step "${to}" reads "${from}" in its ${where.join('.')}; change it there`)
    }
    const key = JSON.stringify(sole)
    if (!gone.has(key)) parts.push({ part: 'unset', path: sole })
    gone.add(key)
  }
  return parts
}

function withoutNeed(data: Json, id: string, need: string): readonly Part[] {
  const path = pathOfStep(data, id)
  const key = needsKey(data, path)
  const needs = valueAt(data, [...path, key])
  if (needs === need) return [{ part: 'unset', path: [...path, key] }]
  if (!Array.isArray(needs)) return []
  const places = needs.flatMap((one, i) => (one === need ? [i] : []))
  if (places.length === needs.length && places.length > 0) return [{ part: 'unset', path: [...path, key] }]
  return places.reverse().map((i) => ({ part: 'unset', path: [...path, key, i] }))
}

function needsKey(data: Json, path: Path): string {
  return [...NEEDS].find((key) => valueAt(data, [...path, key]) !== undefined) ?? 'needs'
}
