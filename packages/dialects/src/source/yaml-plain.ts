// Reads the YAML that people write in flows: block and flow maps and lists, one-line scalars, literal blocks. Whatever else
// it meets (anchors, tags, folded text, several documents, any mistake) it gives up at once and leaves to the full reader:
// it never guesses and never reports. It is here because starting and running the full one costs more than running a flow.

import { hasDuplicates } from './entries.ts'
import type { Entry, Node } from './node.ts'
import { readFlow } from './yaml-plain-flow.ts'
import { INDICATORS, quoteEnd, readLiteral, readQuoted, readWord } from './yaml-plain-scalars.ts'
import {
  COLON,
  DASH,
  DOUBLE,
  GIVE_UP,
  giveUp,
  HASH,
  isGap,
  NEWLINE,
  PlainText,
  SINGLE,
  SPACE,
} from './yaml-plain-text.ts'

/** The tree, or undefined if the text needs the full reader. */
export function parsePlainYaml(text: string): Node | undefined {
  const unix = text.includes('\r') ? text.replaceAll('\r\n', '\n') : text
  if (/[\r\v\f\x7f\x85\ufeff\u2028\u2029]/.test(unix)) return undefined
  try {
    return readDocument(new PlainText(unix))
  } catch (error) {
    if (error === GIVE_UP) return undefined
    throw error
  }
}

// ---

function readDocument(source: PlainText): Node {
  const text = source.text
  if (/^(---|\.\.\.|%)/m.test(text)) {
    // One `---` line in front is harmless; anything else that looks like a document's edge is not for us.
    const head = /^(?:[ ]*(?:#[^\n]*)?\n)*---[ ]*\n/.exec(text)
    if (!head || /^(---|\.\.\.|%)/m.test(text.slice(head[0].length))) giveUp()
    source.line += head[0].split('\n').length - 1
    source.pos = source.lineStart = head[0].length
  }
  if (!source.nextContent()) giveUp()
  const node = readBlock(source, -1)
  if (source.nextContent()) giveUp()
  return node
}

/** The node at the current place, which is deeper than `parent`. */
function readBlock(source: PlainText, parent: number): Node {
  source.enter()
  const column = source.column
  let node: Node
  if (isDash(source)) node = readList(source, column)
  else if (isKey(source)) node = readMap(source, column)
  else {
    node = readInline(source, parent)
    source.lineEnd()
  }
  source.leave()
  return node
}

function isDash(source: PlainText): boolean {
  return source.code === DASH && isGap(source.text.charCodeAt(source.pos + 1))
}

function readList(source: PlainText, column: number): Node {
  const items: Node[] = []
  const place = source.place()
  do {
    source.pos++
    source.gap()
    if (source.isLineEnd()) {
      const at = source.place()
      items.push(
        source.nextContent() && source.column > column
          ? readBlock(source, column)
          : { kind: 'scalar', value: null, ...at },
      )
    } else items.push(readBlock(source, column))
  } while (source.nextContent() && source.column === column && isDash(source))
  if (!source.isAtEnd && source.column > column) giveUp()
  return { kind: 'list', items, ...place }
}

function readMap(source: PlainText, column: number): Node {
  const entries: Entry[] = []
  const place = source.place()
  do {
    const line = source.line
    const key = readKey(source)
    if (key === '<<') giveUp()
    entries.push({ key, value: mapValue(source, column), line, column: column + 1 })
  } while (source.nextContent() && source.column === column && (isKey(source) || giveUp()))
  if (!source.isAtEnd && source.column > column) giveUp()
  if (hasDuplicates(entries)) giveUp()
  return { kind: 'map', entries, ...place }
}

function mapValue(source: PlainText, column: number): Node {
  source.gap()
  if (!source.isLineEnd()) {
    if (isDash(source)) giveUp()
    const node = readInline(source, column)
    source.lineEnd()
    return node
  }
  const at = source.place()
  if (source.nextContent()) {
    // A list may stand as far left as the key it belongs to.
    if (source.column > column) return readBlock(source, column)
    if (source.column === column && isDash(source)) return readBlock(source, column - 1)
  }
  return { kind: 'scalar', value: null, ...at }
}

/** A value that begins on this line, in a block at `parent`. */
function readInline(source: PlainText, parent: number): Node {
  const c = source.text[source.pos]
  if (c === '[' || c === '{') return readFlow(source, parent)
  if (c !== '"' && c !== "'" && c !== '|') return readWord(source, 'block')
  const place = source.place()
  return { kind: 'scalar', value: c === '|' ? readLiteral(source, parent) : readQuoted(source), ...place }
}

/** Looks ahead: does a `key:` stand here? */
function isKey(source: PlainText): boolean {
  return keyEnd(source) > 0
}

/** The offset of the colon after the key that begins here; 0 if there is none. */
function keyEnd(source: PlainText): number {
  const text = source.text
  const start = source.pos
  const first = source.code
  if (first === DOUBLE || first === SINGLE) {
    let at = quoteEnd(source)
    while (text.charCodeAt(at) === SPACE) at++
    return text.charCodeAt(at) === COLON && isGap(text.charCodeAt(at + 1)) ? at : 0
  }
  if (isDash(source)) giveUp()
  if (first === 0x3f && isGap(text.charCodeAt(start + 1))) giveUp()
  if (INDICATORS.has(text[start] ?? '')) return 0
  for (let at = start; at < text.length; at++) {
    const c = text.charCodeAt(at)
    if (c === NEWLINE) return 0
    if (c === HASH && text.charCodeAt(at - 1) === SPACE) return 0
    if (c === COLON && isGap(text.charCodeAt(at + 1))) return at - start > 1000 ? giveUp() : at
  }
  return 0
}

function readKey(source: PlainText): string {
  const colon = keyEnd(source)
  if (colon === source.pos) giveUp()
  const first = source.code
  let key: string
  if (first === DOUBLE || first === SINGLE) key = readQuoted(source)
  else {
    key = source.text.slice(source.pos, colon).trimEnd()
    if (key.includes('\t')) giveUp()
  }
  source.pos = colon + 1
  return key
}
