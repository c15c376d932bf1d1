// Flow collections of plain YAML: `[a, b]` and `{ a: b }`, on one line or several. No keys without values.

import { hasDuplicates } from './entries.ts'
import type { Entry, Node } from './node.ts'
import { readQuoted, readWord } from './yaml-plain-scalars.ts'
import { COLON, DOUBLE, giveUp, HASH, isGap, type PlainText, SINGLE, SPACE } from './yaml-plain-text.ts'

/** The collection that opens here, in a block at `parent`: its further lines are indented deeper. */
export function readFlow(source: PlainText, parent: number): Node {
  source.enter()
  const node = source.text[source.pos] === '[' ? flowList(source, parent) : flowMap(source, parent)
  source.leave()
  return node
}

// ---

function flowList(source: PlainText, parent: number): Node {
  const items: Node[] = []
  const place = source.place()
  source.pos++
  while (next(source, parent) !== ']') {
    items.push(flowValue(source, parent))
    overComma(source, parent, ']')
  }
  source.pos++
  return { kind: 'list', items, ...place }
}

function flowMap(source: PlainText, parent: number): Node {
  const entries: Entry[] = []
  const place = source.place()
  source.pos++
  while (next(source, parent) !== '}') {
    entries.push(flowEntry(source, parent))
    overComma(source, parent, '}')
  }
  source.pos++
  if (hasDuplicates(entries)) giveUp()
  return { kind: 'map', entries, ...place }
}

function flowEntry(source: PlainText, parent: number): Entry {
  const { line, column } = source.place()
  const c = source.code
  const isQuoted = c === DOUBLE || c === SINGLE
  const start = source.pos
  let key: string
  if (isQuoted) key = readQuoted(source)
  else {
    readWord(source, 'flow')
    key = source.text.slice(start, source.pos)
  }
  source.gap()
  if (key === '<<' || key === '' || source.code !== COLON) giveUp()
  source.pos++
  if (!isQuoted && !isGap(source.code)) giveUp()
  const after = next(source, parent)
  if (after === ',' || after === '}') giveUp()
  return { key, value: flowValue(source, parent), line, column }
}

function flowValue(source: PlainText, parent: number): Node {
  const c = source.text[source.pos]
  if (c === '[' || c === '{') return readFlow(source, parent)
  if (c !== '"' && c !== "'") return readWord(source, 'flow')
  const place = source.place()
  return { kind: 'scalar', value: readQuoted(source), ...place }
}

/** Over spaces, comments and line breaks to the next character of the collection. */
function next(source: PlainText, parent: number): string {
  const line = source.line
  if (source.code === HASH && source.text.charCodeAt(source.pos - 1) !== SPACE) giveUp()
  if (!source.nextContent()) giveUp()
  if (source.line !== line && source.column <= parent) giveUp()
  return source.text[source.pos] as string
}

/** Behind an item there is a comma, or the end. */
function overComma(source: PlainText, parent: number, close: string): void {
  const c = next(source, parent)
  if (c === ',') source.pos++
  else if (c !== close) giveUp()
}
