// Reads the YAML that people write in flows: block and flow maps and lists, one-line scalars, literal blocks. Whatever else
// it meets (anchors, tags, folded text, several documents, any mistake) it gives up at once and leaves to the full reader:
// it never guesses and never reports. It is here because starting and running the full one costs more than running a flow.

import { hasDuplicates } from './entries.ts'
import { type Entry, MAX_DEPTH, type Node, type ScalarNode } from './node.ts'
import { plainValue } from './scalar.ts'

/** The tree, or undefined if the text needs the full reader. */
export function parsePlainYaml(text: string): Node | undefined {
  const unix = text.includes('\r') ? text.replaceAll('\r\n', '\n') : text
  if (/[\r\v\f\x7f\x85\ufeff\u2028\u2029]/.test(unix)) return undefined
  try {
    return new PlainReader(unix).document()
  } catch (error) {
    if (error === GIVE_UP) return undefined
    throw error
  }
}

// ---

const GIVE_UP = Symbol('give up')
function giveUp(): never {
  throw GIVE_UP
}

const NEWLINE = 0x0a
const SPACE = 0x20
const HASH = 0x23
const DASH = 0x2d
const COLON = 0x3a
const DOUBLE = 0x22
const SINGLE = 0x27

/** What a plain word cannot begin with. */
const INDICATORS = new Set(',[]{}#&*!|>\'"%@`')
const FLOW_ENDS = new Set(',[]{}')

class PlainReader {
  readonly #text: string
  #pos = 0
  #line = 1
  #lineStart = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): Node {
    if (/^(---|\.\.\.|%)/m.test(this.#text)) {
      // One `---` line in front is harmless; anything else that looks like a document's edge is not for us.
      const head = /^(?:[ ]*(?:#[^\n]*)?\n)*---[ ]*\n/.exec(this.#text)
      if (!head || /^(---|\.\.\.|%)/m.test(this.#text.slice(head[0].length))) giveUp()
      this.#line += head[0].split('\n').length - 1
      this.#pos = this.#lineStart = head[0].length
    }
    if (!this.#nextContent()) giveUp()
    const node = this.#block(-1)
    if (this.#nextContent()) giveUp()
    return node
  }

  /** To the next thing that is neither space nor comment; false at the end. Must stand at a line's start or end. */
  #nextContent(): boolean {
    const text = this.#text
    for (;;) {
      let c = text.charCodeAt(this.#pos)
      while (c === SPACE) c = text.charCodeAt(++this.#pos)
      if (c === HASH) {
        const end = text.indexOf('\n', this.#pos)
        this.#pos = end < 0 ? text.length : end
        c = text.charCodeAt(this.#pos)
      }
      if (this.#pos >= text.length) return false
      if (c !== NEWLINE) return c === 0x09 ? giveUp() : true
      this.#newline()
    }
  }

  #newline(): void {
    this.#pos++
    this.#line++
    this.#lineStart = this.#pos
  }

  get #column(): number {
    return this.#pos - this.#lineStart
  }

  /** The node at the current place, which is deeper than `parent`. */
  #block(parent: number): Node {
    if (++this.#depth > MAX_DEPTH) giveUp()
    const column = this.#column
    let node: Node
    if (this.#isDash()) node = this.#list(column)
    else if (this.#isKey()) node = this.#map(column)
    else {
      node = this.#inline(parent)
      this.#lineEnd()
    }
    this.#depth--
    return node
  }

  #isDash(): boolean {
    return this.#text.charCodeAt(this.#pos) === DASH && isGap(this.#text.charCodeAt(this.#pos + 1))
  }

  #list(column: number): Node {
    const items: Node[] = []
    const place = { line: this.#line, column: column + 1 }
    do {
      this.#pos++
      this.#gap()
      if (this.#isLineEnd()) {
        const at = { line: this.#line, column: this.#column + 1 }
        items.push(
          this.#nextContent() && this.#column > column ? this.#block(column) : { kind: 'scalar', value: null, ...at },
        )
      } else items.push(this.#block(column))
    } while (this.#nextContent() && this.#column === column && this.#isDash())
    if (this.#pos < this.#text.length && this.#column > column) giveUp()
    return { kind: 'list', items, ...place }
  }

  #map(column: number): Node {
    const entries: Entry[] = []
    const place = { line: this.#line, column: column + 1 }
    do {
      const line = this.#line
      const key = this.#key()
      if (key === '<<') giveUp()
      entries.push({ key, value: this.#mapValue(column), line, column: column + 1 })
    } while (this.#nextContent() && this.#column === column && (this.#isKey() || giveUp()))
    if (this.#pos < this.#text.length && this.#column > column) giveUp()
    if (hasDuplicates(entries)) giveUp()
    return { kind: 'map', entries, ...place }
  }

  #mapValue(column: number): Node {
    this.#gap()
    if (!this.#isLineEnd()) {
      if (this.#isDash()) giveUp()
      const node = this.#inline(column)
      this.#lineEnd()
      return node
    }
    const at = { line: this.#line, column: this.#column + 1 }
    if (this.#nextContent()) {
      // A list may stand as far left as the key it belongs to.
      if (this.#column > column) return this.#block(column)
      if (this.#column === column && this.#isDash()) return this.#block(column - 1)
    }
    return { kind: 'scalar', value: null, ...at }
  }

  /** Looks ahead: does a `key:` stand here? */
  #isKey(): boolean {
    const end = this.#keyEnd()
    return end > 0
  }

  /** The offset of the colon after the key that begins here; 0 if there is none. */
  #keyEnd(): number {
    const text = this.#text
    const first = text.charCodeAt(this.#pos)
    if (first === DOUBLE || first === SINGLE) {
      let at = this.#quoteEnd()
      while (text.charCodeAt(at) === SPACE) at++
      return text.charCodeAt(at) === COLON && isGap(text.charCodeAt(at + 1)) ? at : 0
    }
    if (this.#isDash()) giveUp()
    if (text.charCodeAt(this.#pos) === 0x3f && isGap(text.charCodeAt(this.#pos + 1))) giveUp()
    if (INDICATORS.has(text[this.#pos] ?? '')) return 0
    for (let at = this.#pos; at < text.length; at++) {
      const c = text.charCodeAt(at)
      if (c === NEWLINE) return 0
      if (c === HASH && text.charCodeAt(at - 1) === SPACE) return 0
      if (c === COLON && isGap(text.charCodeAt(at + 1))) return at - this.#pos > 1000 ? giveUp() : at
    }
    return 0
  }

  #key(): string {
    const colon = this.#keyEnd()
    if (colon === this.#pos) giveUp()
    const first = this.#text.charCodeAt(this.#pos)
    let key: string
    if (first === DOUBLE || first === SINGLE) key = this.#quoted()
    else {
      key = this.#text.slice(this.#pos, colon).trimEnd()
      if (key.includes('\t')) giveUp()
    }
    this.#pos = colon + 1
    return key
  }

  /** A value that begins on this line, in a block at `parent`. */
  #inline(parent: number): Node {
    const line = this.#line
    const column = this.#column + 1
    const c = this.#text[this.#pos]
    if (c === '[' || c === '{') return this.#flow(parent)
    if (c === '"' || c === "'") return { kind: 'scalar', value: this.#quoted(), line, column }
    if (c === '|') return { kind: 'scalar', value: this.#literal(parent), line, column }
    return this.#plain(false)
  }

  #plain(inFlow: boolean): ScalarNode {
    const text = this.#text
    const start = this.#pos
    const first = text[start] ?? ''
    if (INDICATORS.has(first)) giveUp()
    if ((first === '-' || first === '?' || first === ':') && this.#endsWord(start + 1, inFlow)) giveUp()
    let at = start
    for (; at < text.length; at++) {
      const c = text.charCodeAt(at)
      if (c === NEWLINE) break
      if (c === HASH && text.charCodeAt(at - 1) === SPACE) break
      if (c === COLON && this.#endsWord(at + 1, inFlow)) {
        if (inFlow) break
        giveUp()
      }
      if (c === 0x09) giveUp()
      if (inFlow && FLOW_ENDS.has(text[at] as string)) break
    }
    const word = text.slice(start, at).trimEnd()
    const value = plainValue(word)
    if (value === undefined || (typeof value === 'number' && !Number.isSafeInteger(value) && /^[-+]?\w+$/.test(word)))
      giveUp()
    this.#pos = start + word.length
    return { kind: 'scalar', value, line: this.#line, column: start - this.#lineStart + 1 }
  }

  #endsWord(at: number, inFlow: boolean): boolean {
    return isGap(this.#text.charCodeAt(at)) || (inFlow && FLOW_ENDS.has(this.#text[at] as string))
  }

  /** Just behind the closing quote, which stands on the same line. */
  #quoteEnd(): number {
    const text = this.#text
    const quote = text.charCodeAt(this.#pos)
    for (let at = this.#pos + 1; at < text.length; at++) {
      const c = text.charCodeAt(at)
      if (c === NEWLINE) break
      if (c === 0x5c && quote === DOUBLE) {
        if (text.charCodeAt(++at) === NEWLINE) break
      } else if (c === quote) {
        if (quote === SINGLE && text.charCodeAt(at + 1) === SINGLE) at++
        else return at + 1
      }
    }
    return giveUp()
  }

  #quoted(): string {
    const end = this.#quoteEnd()
    const inside = this.#text.slice(this.#pos + 1, end - 1)
    const isSingle = this.#text.charCodeAt(this.#pos) === SINGLE
    this.#pos = end
    if (isSingle) return inside.replaceAll("''", "'")
    return inside.includes('\\') ? unescaped(inside) : inside
  }

  /** `|`: the lines that are indented deeper than `parent`. */
  #literal(parent: number): string {
    const text = this.#text
    const header = /\|([-+]?)[ ]*(?:[ ]#[^\n]*)?\n/y
    header.lastIndex = this.#pos
    const match = header.exec(text)
    if (!match || parent < 0) return giveUp()
    this.#pos += match[0].length - 1
    const lines: string[] = []
    let indent = -1
    while (this.#pos < text.length) {
      const start = this.#pos + 1
      let at = start
      while (text.charCodeAt(at) === SPACE) at++
      const lineEnd = text.indexOf('\n', at)
      const end = lineEnd < 0 ? text.length : lineEnd
      const isBlank = at === end
      if (indent < 0) {
        if (isBlank) {
          if (at > start || at >= text.length) giveUp()
          lines.push('')
          this.#newline()
          continue
        }
        if (text.charCodeAt(at) === 0x09) giveUp()
        if (at - start <= parent) break
        indent = at - start
      }
      if (!isBlank && at - start < indent) {
        if (at - start > parent) giveUp()
        break
      }
      if (start >= text.length) break
      lines.push(text.slice(Math.min(start + indent, end), end))
      this.#newline()
      this.#pos = end
    }
    if (indent < 0) giveUp()
    return chomp(lines, match[1] ?? '')
  }

  #flow(parent: number): Node {
    if (++this.#depth > MAX_DEPTH) giveUp()
    const node = this.#text[this.#pos] === '[' ? this.#flowList(parent) : this.#flowMap(parent)
    this.#depth--
    return node
  }

  #flowList(parent: number): Node {
    const items: Node[] = []
    const place = { line: this.#line, column: this.#column + 1 }
    this.#pos++
    for (;;) {
      if (this.#flowNext(parent) === ']') break
      items.push(this.#flowValue(parent))
      const c = this.#flowNext(parent)
      if (c === ']') break
      if (c !== ',') giveUp()
      this.#pos++
    }
    this.#pos++
    return { kind: 'list', items, ...place }
  }

  #flowMap(parent: number): Node {
    const entries: Entry[] = []
    const place = { line: this.#line, column: this.#column + 1 }
    this.#pos++
    for (;;) {
      if (this.#flowNext(parent) === '}') break
      entries.push(this.#flowEntry(parent))
      const c = this.#flowNext(parent)
      if (c === '}') break
      if (c !== ',') giveUp()
      this.#pos++
    }
    this.#pos++
    if (hasDuplicates(entries)) giveUp()
    return { kind: 'map', entries, ...place }
  }

  #flowEntry(parent: number): Entry {
    const line = this.#line
    const column = this.#column + 1
    const c = this.#text.charCodeAt(this.#pos)
    const isQuoted = c === DOUBLE || c === SINGLE
    const start = this.#pos
    let key: string
    if (isQuoted) key = this.#quoted()
    else {
      this.#plain(true)
      key = this.#text.slice(start, this.#pos)
    }
    this.#gap()
    if (key === '<<' || key === '' || this.#text.charCodeAt(this.#pos) !== COLON) giveUp()
    this.#pos++
    if (!isQuoted && !isGap(this.#text.charCodeAt(this.#pos))) giveUp()
    const next = this.#flowNext(parent)
    if (next === ',' || next === '}') giveUp()
    return { key, value: this.#flowValue(parent), line, column }
  }

  #flowValue(parent: number): Node {
    const line = this.#line
    const column = this.#column + 1
    const c = this.#text[this.#pos]
    if (c === '[' || c === '{') return this.#flow(parent)
    const node: Node =
      c === '"' || c === "'" ? { kind: 'scalar', value: this.#quoted(), line, column } : this.#plain(true)
    return node
  }

  /** Over spaces, comments and line breaks to the next character of a flow collection. */
  #flowNext(parent: number): string {
    const line = this.#line
    const c = this.#text.charCodeAt(this.#pos)
    if (c === HASH && this.#text.charCodeAt(this.#pos - 1) !== SPACE) giveUp()
    if (!this.#nextContent()) giveUp()
    if (this.#line !== line && this.#column <= parent) giveUp()
    return this.#text[this.#pos] as string
  }

  #gap(): void {
    while (this.#text.charCodeAt(this.#pos) === SPACE) this.#pos++
  }

  #isLineEnd(): boolean {
    const c = this.#text.charCodeAt(this.#pos)
    return (
      c === NEWLINE || this.#pos >= this.#text.length || (c === HASH && this.#text.charCodeAt(this.#pos - 1) === SPACE)
    )
  }

  /** After a value, nothing but a comment may follow on the line. */
  #lineEnd(): void {
    this.#gap()
    if (!this.#isLineEnd()) giveUp()
  }
}

function isGap(c: number): boolean {
  return c === SPACE || c === NEWLINE || Number.isNaN(c)
}

function chomp(lines: string[], how: string): string {
  let last = lines.length
  while (last > 0 && lines[last - 1] === '') last--
  if (last < lines.length && how === '+') return giveUp()
  const body = lines.slice(0, last).join('\n')
  return how === '-' ? body : `${body}\n`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|(.))/g, (_, u, x, c) => {
    if (u ?? x) return String.fromCharCode(Number.parseInt(u ?? x, 16))
    return ESCAPES[c] ?? giveUp()
  })
}
