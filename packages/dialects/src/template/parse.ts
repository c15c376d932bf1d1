// A template's statements. Reads the whole text before anything runs, so a template that does not parse never runs in part.

import type { Body, Branch, FilterCall, Node, Param, Target } from './ast.ts'
import { lex, type Piece, TemplateSyntaxError } from './lex.ts'
import { ExprParser } from './parse-expr.ts'

export { TemplateSyntaxError } from './lex.ts'

const MAX_SOURCE = 1_000_000
const MAX_DEPTH = 50

/** Throws a TemplateSyntaxError. */
export function parse(source: string): Body {
  if (source.length > MAX_SOURCE) throw new TemplateSyntaxError(`longer than ${MAX_SOURCE} characters`, 0)
  // One line break at the end belongs to the file, not to the text (as in Jinja).
  const parser = new Parser(lex(source.replace(/\r?\n$/, '')))
  const body = parser.body([])
  parser.end()
  return body
}

/** ` (line 2, column 5)` of a template of several lines, ` (at character 5)` of one. */
export function placeIn(source: string, at: number): string {
  const before = source.slice(0, at)
  const line = before.split('\n').length
  const column = at - before.lastIndexOf('\n')
  return source.includes('\n') ? ` (line ${line}, column ${column} of the template)` : ` (at character ${column})`
}

// ---

class Parser {
  readonly #pieces: readonly Piece[]
  #next = 0
  #depth = 0

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces
  }

  end(): void {
    const piece = this.#pieces[this.#next]
    if (!piece || piece.kind === 'text') return
    throw new TemplateSyntaxError(`"${piece.tokens[0]?.text}" has no beginning`, piece.at)
  }

  /** Up to a block that begins with one of `ends`, which is left there. */
  body(ends: readonly string[]): Node[] {
    const body: Node[] = []
    if (++this.#depth > MAX_DEPTH) throw new TemplateSyntaxError(`blocks nested deeper than ${MAX_DEPTH} levels`, 0)
    for (let piece = this.#pieces[this.#next]; piece; piece = this.#pieces[this.#next]) {
      if (piece.kind === 'text') {
        body.push({ type: 'text', text: piece.text })
        this.#next++
        continue
      }
      const word = piece.tokens[0]?.text ?? ''
      if (piece.kind === 'block' && (ends.includes(word) || word.startsWith('end') || word.startsWith('el'))) break
      this.#next++
      const reader = new ExprParser(piece.kind === 'block' ? piece.tokens.slice(1) : piece.tokens, piece.end)
      if (piece.kind === 'print') body.push({ type: 'print', value: reader.whole() })
      else body.push(...this.#statement(word, reader, piece.at))
    }
    this.#depth--
    return body
  }

  #statement(word: string, reader: ExprParser, at: number): Node[] {
    switch (word) {
      case 'if':
        return [this.#if(reader, at)]
      case 'for':
        return [this.#for(reader, at)]
      case 'set':
        return [this.#set(reader, at)]
      case 'filter': {
        const filters = readFilters(reader)
        return [{ type: 'filter', filters, body: this.#closed('endfilter', at) }]
      }
      case 'with': {
        const values: (readonly [Target, ReturnType<ExprParser['expr']>])[] = []
        while (!reader.isDone) {
          const target = readTarget(reader)
          reader.expectOp('=')
          values.push([target, reader.expr()])
          if (!reader.isDone) reader.expectOp(',')
        }
        return [{ type: 'with', values, body: this.#closed('endwith', at) }]
      }
      case 'macro':
        return [this.#macro(reader, at)]
      default:
        throw new TemplateSyntaxError(
          word === ''
            ? 'an empty "{% %}"'
            : `"{% ${word} %}" is not known here; there are: if, for, set, filter, with, macro, raw`,
          at,
        )
    }
  }

  #if(reader: ExprParser, at: number): Node {
    const branches: Branch[] = []
    let cond = reader.whole()
    for (;;) {
      branches.push({ cond, body: this.body(['elif', 'else', 'endif']) })
      const { word, reader: next } = this.#take(['elif', 'elseif', 'else', 'endif'], 'if', at)
      if (word === 'endif') return { type: 'if', branches }
      if (word === 'else') return { type: 'if', branches, else: this.#closed('endif', at) }
      cond = next.whole()
    }
  }

  #for(reader: ExprParser, at: number): Node {
    const target = readTarget(reader)
    if (!reader.takeName('in')) reader.fail('expected "in"')
    const of = reader.withoutIf()
    const cond = reader.takeName('if') ? reader.expr() : undefined
    reader.done()
    const body = this.body(['else', 'endfor'])
    const loop = { type: 'for', target, of, ...(cond ? { cond } : {}), body } as const
    const { word } = this.#take(['else', 'endfor'], 'for', at)
    return word === 'else' ? { ...loop, else: this.#closed('endfor', at) } : loop
  }

  #set(reader: ExprParser, at: number): Node {
    const target = readTarget(reader)
    if (typeof target === 'string' && reader.takeOp('.')) {
      const field = reader.name()
      reader.expectOp('=')
      return { type: 'set-member', name: target, field, value: reader.whole() }
    }
    if (reader.takeOp('=')) return { type: 'set', target, value: reader.whole() }
    if (typeof target !== 'string') return reader.fail('expected "="')
    const filters = reader.isOp('|') ? readFilterChain(reader) : []
    reader.done()
    return { type: 'set-block', name: target, filters, body: this.#closed('endset', at) }
  }

  #macro(reader: ExprParser, at: number): Node {
    const name = reader.name()
    const params: Param[] = []
    reader.expectOp('(')
    while (!reader.takeOp(')')) {
      const param = reader.name()
      params.push(reader.takeOp('=') ? { name: param, default: reader.expr() } : { name: param })
      if (!reader.isOp(')')) reader.expectOp(',')
    }
    reader.done()
    return { type: 'macro', name, params, body: this.#closed('endmacro', at) }
  }

  #closed(end: string, at: number): Node[] {
    const body = this.body([end])
    this.#take([end], end.slice(3), at)
    return body
  }

  /** The block that must come now. */
  #take(words: readonly string[], opened: string, at: number): { word: string; reader: ExprParser } {
    const piece = this.#pieces[this.#next]
    if (piece?.kind !== 'block') throw new TemplateSyntaxError(`"{% ${opened} %}" is never closed`, at)
    const word = piece.tokens[0]?.text ?? ''
    if (!words.includes(word)) {
      throw new TemplateSyntaxError(
        `"{% ${word} %}" where ${words.map((w) => `"{% ${w} %}"`).join(' or ')} was expected`,
        piece.at,
      )
    }
    this.#next++
    return { word, reader: new ExprParser(piece.tokens.slice(1), piece.end) }
  }
}

function readTarget(reader: ExprParser): Target {
  const isWrapped = reader.takeOp('(')
  const names = [reader.name()]
  while (reader.takeOp(',')) names.push(reader.name())
  if (isWrapped) reader.expectOp(')')
  return names.length === 1 ? (names[0] as string) : names
}

function readFilters(reader: ExprParser): FilterCall[] {
  const filters = [reader.filterCall(), ...readFilterChain(reader)]
  reader.done()
  return filters
}

function readFilterChain(reader: ExprParser): FilterCall[] {
  const filters: FilterCall[] = []
  while (reader.isOp('|')) filters.push(reader.filter())
  return filters
}
