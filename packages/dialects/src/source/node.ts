// A document as values that know where they stand. The same tree for YAML, JSON and values that never were text.

import { isRecord, type Json, type JsonObject, setOwn } from '@stepflow/engine'
import type { Place } from '../findings.ts'

export type Node = ScalarNode | ListNode | MapNode

export interface ScalarNode extends Place {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
}

export interface ListNode extends Place {
  readonly kind: 'list'
  readonly items: readonly Node[]
  /** Where the text has a map: its keys, in the place of indexes. */
  readonly keys?: readonly string[]
}

export interface MapNode extends Place {
  readonly kind: 'map'
  /** In the order of the text; keys are unique. */
  readonly entries: readonly Entry[]
}

/** The place is the key's. A key that is no scalar is its compact JSON. */
export interface Entry extends Place {
  readonly key: string
  readonly value: Node
}

/** Deeper documents are refused: everything that reads a tree may recurse. */
export const MAX_DEPTH = 500

export const NOWHERE: Place = { line: 0, column: 0 }

export function scalar(value: string | number | boolean | null, place: Place = NOWHERE): ScalarNode {
  return { kind: 'scalar', value, line: place.line, column: place.column }
}

export function entryOf(node: Node | undefined, key: string): Entry | undefined {
  if (node?.kind !== 'map') return undefined
  for (const entry of node.entries) if (entry.key === key) return entry
  return undefined
}

export function get(node: Node | undefined, key: string): Node | undefined {
  return entryOf(node, key)?.value
}

/** The node's text, if it is one. */
export function textOf(node: Node | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
}

export function isNull(node: Node | undefined): boolean {
  return node?.kind === 'scalar' && node.value === null
}

/** How a message names what stands there. */
export function kindOfNode(node: Node): string {
  if (node.kind === 'list') return 'a list'
  if (node.kind === 'map') return 'an object'
  if (node.value === null) return 'null'
  return typeof node.value === 'string' ? 'text' : typeof node.value === 'number' ? 'a number' : 'true or false'
}

/** The same for what must be something else: short values as they are written. */
export function shownNode(node: Node): string {
  if (node.kind !== 'scalar' || node.value === null) return kindOfNode(node)
  const shown = JSON.stringify(node.value)
  return shown.length > MOST_SHOWN ? kindOfNode(node) : shown
}

const MOST_SHOWN = 60

export function toJson(node: Node): Json {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(toJson)
    case 'map': {
      const object: Record<string, Json> = {}
      for (const entry of node.entries) setOwn(object, entry.key, toJson(entry.value))
      return object as JsonObject
    }
  }
}

/** A value as a tree, all of it at one place; undefined if it is nested too deep. */
export function fromJson(value: unknown, place: Place = NOWHERE, depth = 0): Node | undefined {
  if (depth > MAX_DEPTH) return undefined
  const at = { line: place.line, column: place.column }
  if (Array.isArray(value)) {
    const items: Node[] = []
    for (const item of value) {
      const node = fromJson(item, place, depth + 1)
      if (!node) return undefined
      items.push(node)
    }
    return { kind: 'list', items, ...at }
  }
  if (isRecord(value)) {
    const entries: Entry[] = []
    for (const key of Object.keys(value)) {
      const node = fromJson(value[key], place, depth + 1)
      if (!node) return undefined
      entries.push({ key, value: node, ...at })
    }
    return { kind: 'map', entries, ...at }
  }
  if (typeof value === 'string' || typeof value === 'boolean') return scalar(value, place)
  return scalar(typeof value === 'number' && Number.isFinite(value) ? value : null, place)
}
