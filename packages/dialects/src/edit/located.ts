// A document as it is edited: each value with where it begins and ends in the text, and where what holds it has its marks. What
// stands for something else (an alias) is opaque: nothing inside it can be edited.

import { FlowError } from '@stepflow/engine'
import type { CST, Node as YamlNode } from 'yaml'
import * as yaml from 'yaml'
import { parseDocument } from '../source/yaml-document.ts'

export type Located = LocatedScalar | Collection | Opaque

export interface LocatedScalar {
  readonly kind: 'scalar'
  readonly value: unknown
  readonly style: 'plain' | 'quoted' | 'block'
  readonly from: number
  readonly to: number
}

export interface Collection {
  readonly kind: 'list' | 'map'
  /** `[a]`, `{ a: b }`, and all of JSON. */
  readonly isFlow: boolean
  readonly items: readonly Item[]
  readonly from: number
  readonly to: number
}

export interface Opaque {
  readonly kind: 'opaque'
  readonly from: number
  readonly to: number
}

/** What a collection holds: an entry of a map, or an item of a list. */
export interface Item {
  /** Of a map's entry. */
  readonly key: string | undefined
  readonly keyTo: number
  /** Where its key or its dash begins; in a flow list its value. */
  readonly from: number
  /** Behind its colon or its dash. */
  readonly mark: number
  readonly to: number
  /** Undefined: nothing is written there. */
  readonly value: Located | undefined
}

export function locate(text: string): Located {
  const lines = new yaml.LineCounter()
  const document = parseDocument(text, lines, {
    version: '1.2',
    schema: 'core',
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
    keepSourceTokens: true,
  })
  if (document.errors.length > 0 || !document.contents) {
    throw new FlowError('INVALID_FLOW', 'the text cannot be read, so nothing in it can be edited: correct it first')
  }
  return located(text, document.contents as YamlNode)
}

export function itemOf(holder: Collection, key: string | number): Item | undefined {
  if (holder.kind === 'list') return typeof key === 'number' ? holder.items[key] : undefined
  return holder.items.find((item) => item.key === String(key))
}

export function isNothing(value: Located | undefined): boolean {
  return value === undefined || (value.kind === 'scalar' && value.value === null)
}

// ---

function located(text: string, node: YamlNode): Located {
  const [from = 0, end = from] = node.range ?? []
  if (yaml.isScalar(node)) {
    const style =
      node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED'
        ? 'block'
        : node.type === 'PLAIN' || node.type === undefined
          ? 'plain'
          : 'quoted'
    return { kind: 'scalar', value: node.value, style, from, to: lastMark(text, end, from) }
  }
  const token = node.srcToken
  if (!yaml.isCollection(node) || !token || !('items' in token)) return { kind: 'opaque', from, to: end }
  const isMap = yaml.isMap(node)
  const tokens = (token.items as CST.CollectionItem[]).filter((item) =>
    token.type === 'block-seq' ? hasDash(item) : item.key || item.sep || item.value,
  )
  if (tokens.length !== node.items.length) return { kind: 'opaque', from, to: end }
  const items = tokens.map((item, i) => {
    const inner = node.items[i] as YamlNode | yaml.Pair<YamlNode, YamlNode | null>
    return isMap && yaml.isPair(inner) ? entryAt(text, inner, item) : itemAt(text, inner as YamlNode, item)
  })
  const isFlow = token.type === 'flow-collection'
  const to = isFlow ? end : (items.at(-1)?.to ?? end)
  return { kind: isMap ? 'map' : 'list', isFlow, items, from, to }
}

function entryAt(text: string, pair: yaml.Pair<YamlNode, YamlNode | null>, token: CST.CollectionItem): Item {
  const [from = 0, keyTo = from] = pair.key?.range ?? []
  const colon = token.sep?.find(({ type }) => type === 'map-value-ind')
  const mark = colon ? colon.offset + 1 : keyTo
  const value = written(text, pair.value, mark)
  return { key: keyText(pair.key), keyTo, from, mark, to: value?.to ?? mark, value }
}

function itemAt(text: string, node: YamlNode, token: CST.CollectionItem): Item {
  const dash = token.start.find(({ type }) => type === 'seq-item-ind')
  const from = dash?.offset ?? node.range?.[0] ?? 0
  const mark = dash ? dash.offset + 1 : from
  const value = written(text, node, mark)
  return { key: undefined, keyTo: from, from, mark, to: value?.to ?? mark, value }
}

/** A null that is no more than the place where a value could stand is none. */
function written(text: string, node: YamlNode | null, mark: number): Located | undefined {
  if (!node) return undefined
  const [from = mark, to = from] = node.range ?? []
  if (yaml.isScalar(node) && node.value === null && text.slice(from, to).trim() === '') return undefined
  return located(text, node)
}

function hasDash({ start }: CST.CollectionItem): boolean {
  return start.some(({ type }) => type === 'seq-item-ind')
}

function keyText(key: YamlNode | null): string | undefined {
  if (!yaml.isScalar(key)) return undefined
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))
}

/** Back over space to the last character before `end`. */
function lastMark(text: string, end: number, least: number): number {
  let at = end
  while (at > least && /\s/.test(text[at - 1] as string)) at--
  return at
}
