// Scalars of plain YAML: words, text in quotes on one line, literal blocks. No folded text, nothing that spans lines unmarked.

import type { ScalarNode } from './node.ts'
import { plainValue } from './scalar.ts'
import { COLON, DOUBLE, giveUp, HASH, isGap, NEWLINE, type PlainText, SINGLE, SPACE } from './yaml-plain-text.ts'

/** What a word cannot begin with. */
export const INDICATORS: ReadonlySet<string> = new Set(',[]{}#&*!|>\'"%@`')

/** Text without quotes, to the end of the line or of its place in a flow collection. */
export function readWord(source: PlainText, where: 'block' | 'flow'): ScalarNode {
  const text = source.text
  const start = source.pos
  const first = text[start] ?? ''
  const inFlow = where === 'flow'
  if (INDICATORS.has(first)) giveUp()
  if ((first === '-' || first === '?' || first === ':') && endsWord(text, start + 1, inFlow)) giveUp()
  let at = start
  for (; at < text.length; at++) {
    const c = text.charCodeAt(at)
    if (c === NEWLINE) break
    if (c === HASH && text.charCodeAt(at - 1) === SPACE) break
    if (c === COLON && endsWord(text, at + 1, inFlow)) {
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
  source.pos = start + word.length
  return { kind: 'scalar', value, line: source.line, column: start - source.lineStart + 1 }
}

/** Just behind the closing quote, which stands on the same line. */
export function quoteEnd(source: PlainText): number {
  const text = source.text
  const quote = source.code
  for (let at = source.pos + 1; at < text.length; at++) {
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

export function readQuoted(source: PlainText): string {
  const end = quoteEnd(source)
  const inside = source.text.slice(source.pos + 1, end - 1)
  const isSingle = source.code === SINGLE
  source.pos = end
  if (isSingle) return inside.replaceAll("''", "'")
  return inside.includes('\\') ? unescaped(inside) : inside
}

/** `|`: the lines that are indented deeper than `parent`. */
export function readLiteral(source: PlainText, parent: number): string {
  const text = source.text
  const header = /\|([-+]?)[ ]*(?:[ ]#[^\n]*)?\n/y
  header.lastIndex = source.pos
  const match = header.exec(text)
  if (!match || parent < 0) return giveUp()
  source.pos += match[0].length - 1
  const lines: string[] = []
  let indent = -1
  while (source.pos < text.length) {
    const start = source.pos + 1
    let at = start
    while (text.charCodeAt(at) === SPACE) at++
    const lineEnd = text.indexOf('\n', at)
    const end = lineEnd < 0 ? text.length : lineEnd
    const isBlank = at === end
    if (indent < 0) {
      if (isBlank) {
        if (at > start || at >= text.length) giveUp()
        lines.push('')
        source.newline()
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
    source.newline()
    source.pos = end
  }
  if (indent < 0) giveUp()
  return chomp(lines, match[1] ?? '')
}

// ---

const FLOW_ENDS = new Set(',[]{}')

function endsWord(text: string, at: number, inFlow: boolean): boolean {
  return isGap(text.charCodeAt(at)) || (inFlow && FLOW_ENDS.has(text[at] as string))
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
