// YAML text to nodes with the `yaml` package, for everything that the plain reader leaves: anchors, tags, folded text, and
// every mistake, reported with its place. Checks bounds before it begins: the package itself recurses and expands without
// limit.

import type { Alias, Scalar, YAMLMap, YAMLSeq, Node as YamlNode } from 'yaml'
import * as yaml from 'yaml'
import type { Findings, Place } from '../findings.ts'
import { uniqueEntries } from './entries.ts'
import { inexact } from './json.ts'
import { type Entry, MAX_DEPTH, type MapNode, type Node, scalar, toJson } from './node.ts'
import { parseDocument } from './yaml-document.ts'

/** What aliases may add to a document, in nodes. */
const MAX_ALIASED = 100_000
/** Told of one text: behind the first few mistakes the parser only guesses. */
const MAX_ERRORS = 20

export function parseYaml(text: string, findings: Findings): Node | undefined {
  const deep = tooDeep(text)
  if (deep) {
    findings.add('fatal', 'TOO_DEEP', `nested deeper than ${MAX_DEPTH} levels`, deep)
    return undefined
  }
  const lines = new yaml.LineCounter()
  const place = (offset: number | undefined): Place => {
    const { line, col } = lines.linePos(offset ?? 0)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const document = parseDocument(text, lines, {
    version: '1.2',
    schema: 'core',
    prettyErrors: false,
    uniqueKeys: false, // quadratic there, and without both lines
    logLevel: 'silent',
  })
  tellErrors(document.errors, text, findings, place)
  for (const warning of document.warnings) {
    findings.warning('YAML_WARNING', warning.message, place(warning.pos[0]))
  }
  if (document.errors.length > 0) return undefined
  if (!document.contents) {
    findings.add('fatal', 'EMPTY_SOURCE', 'the file is empty', { line: 1, column: 1 })
    return undefined
  }
  return new Converter(findings, place).convert(document.contents as YamlNode)
}

// ---

const YAML_MESSAGES: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'more than one document in one file',
  TAB_AS_INDENT: 'a tab is used for indentation; use spaces',
  MISSING_CHAR: 'a closing bracket, quote or comma is missing',
}

/** What the package says, in the words of somebody who writes YAML and has never read its grammar. */
const IN_OUR_WORDS: readonly (readonly [RegExp, string])[] = [
  [/^Sequence item without/, 'this line is not indented like the keys above it; begin it in the same column'],
  [/^All mapping items/, 'the keys of one object must begin in the same column'],
  [/^Nested mappings/, 'two values in one: this line is indented too far, or a text with ": " in it is not in quotes'],
  [/^A block sequence may not/, 'a list begins in the middle of a value: is it indented too far?'],
  [/^Flow sequence in block/, 'a "[" above is never closed'],
  [/^Flow map in block/, 'a "{" above is never closed'],
  [/^Unexpected scalar at node end/, 'there is more text after the end of the value'],
]

function worded(code: string, message: string): string {
  const found = IN_OUR_WORDS.find(([pattern]) => pattern.test(message))
  return found?.[1] ?? YAML_MESSAGES[code] ?? message
}

/** One a line: where one mistake is, the parser stumbles over every word that follows. */
function tellErrors(
  errors: readonly { readonly code: string; readonly message: string; readonly pos: readonly [number, number] }[],
  text: string,
  findings: Findings,
  place: (offset: number) => Place,
): void {
  const told = new Set<number>()
  let last: Place | undefined
  for (const { code, message, pos } of errors) {
    const at = place(pos[0])
    if (told.has(at.line)) continue
    if (told.size === MAX_ERRORS) {
      findings.add(
        'fatal',
        'YAML_SYNTAX',
        'there are more errors below this line: correct those above first',
        last ?? at,
      )
      return
    }
    told.add(at.line)
    last = at
    findings.add('fatal', 'YAML_SYNTAX', worded(code, message), at, undefined, hintFor(code, text, pos[0]))
  }
}

function hintFor(code: string, text: string, offset: number): string | undefined {
  if (code === 'MULTIPLE_DOCS') return 'put each flow in a file of its own'
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const line = text.slice(start, text.indexOf('\n', offset) >>> 0)
  if (/:\s+['"]?\{[{%]/.test(line)) return `put the whole value in quotes: "{{ ... }} == 'x'"`
  if (!/\btransform\s*:\s*[^\s'|>]/.test(line)) return undefined
  const above = text.slice(text.lastIndexOf('\n', start - 2) + 1, Math.max(0, start - 1)).trim()
  const braces = /^\{.*\}$/.test(above) ? 'remove the braces from the line above, and ' : ''
  return `${braces}put the whole expression in single quotes: transform: '"Hello " + x'`
}

/** The first place that is nested too deep, judged by brackets and indentation, without a parser. */
function tooDeep(text: string): Place | undefined {
  const indents: number[] = []
  let brackets = 0
  let line = 1
  let start = 0
  while (start < text.length) {
    const end = text.indexOf('\n', start) >>> 0
    let at = start
    while (
      text[at] === ' ' ||
      ((text[at] === '-' || text[at] === '?' || text[at] === ':') && / |\n|\t/.test(text[at + 1] ?? '\n'))
    ) {
      if (text[at] !== ' ') {
        const column = at - start
        while (indents.length > 0 && (indents.at(-1) as number) >= column) indents.pop()
        indents.push(column)
        if (indents.length > MAX_DEPTH) return { line, column: column + 1 }
      }
      at++
    }
    if (at < end && at < text.length && text[at] !== '#') {
      const column = at - start
      while (indents.length > 0 && (indents.at(-1) as number) >= column) indents.pop()
      indents.push(column)
    }
    for (; at < end && at < text.length; at++) {
      const c = text.charCodeAt(at)
      if (c === 0x5b || c === 0x7b) brackets++
      else if ((c === 0x5d || c === 0x7d) && brackets > 0) brackets--
      if (brackets + indents.length > MAX_DEPTH) return { line, column: at - start + 1 }
    }
    start = end + 1
    line++
    if (end === 0xffffffff) break
  }
  return undefined
}

class Converter {
  readonly #findings: Findings
  readonly #place: (offset: number | undefined) => Place
  readonly #anchors = new Map<string, { node: Node; size: number }>()
  readonly #open = new Set<string>()
  /** Nodes below the one converted last, aliases expanded. */
  #size = 0
  #aliased = 0

  constructor(findings: Findings, place: (offset: number | undefined) => Place) {
    this.#findings = findings
    this.#place = place
  }

  convert(node: YamlNode | null): Node {
    if (!node) return scalar(null)
    if (yaml.isAlias(node)) return this.#alias(node)
    const { anchor } = node
    if (anchor) this.#open.add(anchor)
    const before = this.#size
    const made = yaml.isScalar(node) ? this.#scalar(node) : this.#collection(node as YAMLMap | YAMLSeq)
    this.#size++
    if (anchor) {
      this.#open.delete(anchor)
      this.#anchors.set(anchor, { node: made, size: this.#size - before })
    }
    return made
  }

  /** Shares the node that it names: an alias costs nothing here, but it counts for what a reader will see. */
  #alias(alias: Alias): Node {
    const place = this.#place(alias.range?.[0])
    const target = this.#anchors.get(alias.source)
    if (!target) {
      const inside = this.#open.has(alias.source)
      this.#findings.error(
        'UNKNOWN_ALIAS',
        inside
          ? `alias *${alias.source} is inside the value that it names`
          : `alias *${alias.source} has no anchor before it`,
        place,
      )
      return scalar(null, place)
    }
    this.#size += target.size
    this.#aliased += target.size
    if (this.#aliased > MAX_ALIASED) {
      if (this.#aliased - target.size <= MAX_ALIASED) {
        this.#findings.add(
          'fatal',
          'ALIAS_BOMB',
          `aliases expand this document to more than ${MAX_ALIASED} values`,
          place,
        )
      }
      return scalar(null, place)
    }
    return target.node
  }

  #scalar(node: Scalar): Node {
    const place = this.#place(node.range?.[0])
    const { value } = node
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) {
        this.#findings.error(
          'NOT_JSON',
          `"${node.source ?? value}" is not a number that JSON allows`,
          place,
          undefined,
          'put it in quotes',
        )
        return scalar(null, place)
      }
      if (Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?\w+$/.test(node.source ?? '')) {
        inexact(this.#findings, node.source ?? String(value), place)
      }
      return scalar(value, place)
    }
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return scalar(value, place)
    return scalar(value === undefined ? null : (node.source ?? String(value)), place)
  }

  #collection(node: YAMLMap | YAMLSeq): Node {
    const place = this.#place(node.range?.[0])
    if (!yaml.isMap(node)) {
      const items = node.items.map((item) => this.convert(item as YamlNode | null))
      return { kind: 'list', items, line: place.line, column: place.column }
    }
    const entries: Entry[] = []
    const merged: Node[] = []
    for (const pair of node.items) {
      const key = pair.key as YamlNode | null
      const at = this.#place(key?.range?.[0] ?? node.range?.[0])
      const isMerge = (key as Scalar | null)?.value === '<<' && (key as Scalar).type === 'PLAIN'
      const name = this.#keyText(key)
      const value = this.convert(pair.value as YamlNode | null)
      if (isMerge) merged.push(value)
      else entries.push({ key: name, value, line: at.line, column: at.column })
    }
    const unique = uniqueEntries(entries, this.#findings)
    const all = merged.length === 0 ? unique : this.#merge(unique, merged, place)
    return { kind: 'map', entries: all, line: place.line, column: place.column }
  }

  #keyText(key: YamlNode | null): string {
    if (key && 'value' in key) {
      const { source, value } = key as Scalar
      return typeof value === 'string' ? value : (source ?? String(value))
    }
    const node = this.convert(key)
    return node.kind === 'scalar' ? String(node.value) : JSON.stringify(toJson(node))
  }

  /** `<<: *defaults`: keys written out win over merged ones, earlier ones over later. */
  #merge(entries: readonly Entry[], merged: readonly Node[], place: Place): readonly Entry[] {
    const all = new Map(entries.map((entry) => [entry.key, entry]))
    for (const node of merged.flatMap((value) => (value.kind === 'list' ? value.items : [value]))) {
      if (node.kind !== 'map') this.#findings.error('BAD_MERGE', 'what "<<" merges must be an object', place)
      else for (const entry of (node as MapNode).entries) if (!all.has(entry.key)) all.set(entry.key, entry)
    }
    return [...all.values()]
  }
}
