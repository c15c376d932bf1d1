// A template's statements. Reads the whole text before anything runs, so a template that does not parse never runs in part.

import type { Body, Branch, FilterCall, Node, Param, Target } from './ast.ts'
import { lex, type Piece, TemplateSyntaxError } from './lex.ts'
import { ExprParser } from './parse-expr.ts'
import { TokenReader } from './token-reader.ts'

export { TemplateSyntaxError } from './lex.ts'

const MAX_SOURCE = 1_000_000
const MAX_DEPTH = 50

/** Throws a TemplateSyntaxError. */
export function parse(source: string, reading: 'exact' | 'loose' = 'exact'): Body {
  if (source.length > MAX_SOURCE) throw new TemplateSyntaxError(`longer than ${MAX_SOURCE} characters`, 0)
  // One line break at the end belongs to the file, not to the text (as in Jinja).
  const parser = new Parser(lex(source.replace(/\r?\n$/, '')), reading)
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
  readonly #reading: 'exact' | 'loose'
  #next = 0
  #depth = 0

  constructor(pieces: readonly Piece[], reading: 'exact' | 'loose') {
    this.#pieces = pieces
    this.#reading = reading
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
      const reader = readerOf(piece, this.#reading)
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
        while (!reader.tokens.isDone) {
          const target = readTarget(reader.tokens)
          reader.tokens.expectOp('=')
          values.push([target, reader.expr()])
          if (!reader.tokens.isDone) reader.tokens.expectOp(',')
        }
        return [{ type: 'with', values, body: this.#closed('endwith', at) }]
      }
      case 'macro':
        return [this.#macro(reader, at)]
      default:
        throw new TemplateSyntaxError(
          word === ''
            ? 'an empty "{% %}"'
            : `"{% ${word} %}" is not supported; there are: if, for, set, filter, with, macro, raw`,
          at,
        )
    }
  }

  #if(reader: ExprParser, at: number): Node {
    const branches: Branch[] = []
    let cond = reader.condition()
    for (;;) {
      branches.push({ cond, body: this.body(['elif', 'else', 'endif']) })
      const { word, reader: next } = this.#take(['elif', 'elseif', 'else', 'endif'], 'if', at)
      if (word === 'endif') return { type: 'if', branches }
      if (word === 'else') return { type: 'if', branches, else: this.#closed('endif', at) }
      cond = next.condition()
    }
  }

  #for(reader: ExprParser, at: number): Node {
    const target = readTarget(reader.tokens)
    if (!reader.tokens.takeName('in')) reader.tokens.fail('expected "in"')
    const of = reader.withoutIf()
    const cond = reader.tokens.takeName('if') ? reader.expr() : undefined
    reader.tokens.done()
    const body = this.body(['else', 'endfor'])
    const loop = { type: 'for', target, of, ...(cond ? { cond } : {}), body } as const
    const { word } = this.#take(['else', 'endfor'], 'for', at)
    return word === 'else' ? { ...loop, else: this.#closed('endfor', at) } : loop
  }

  #set(reader: ExprParser, at: number): Node {
    const target = readTarget(reader.tokens)
    if (typeof target === 'string' && reader.tokens.takeOp('.')) {
      const field = reader.tokens.name()
      reader.tokens.expectOp('=')
      return { type: 'set-member', name: target, field, value: reader.whole() }
    }
    if (reader.tokens.takeOp('=')) return { type: 'set', target, value: reader.whole() }
    if (typeof target !== 'string') return reader.tokens.fail('expected "="')
    const filters = reader.tokens.isOp('|') ? readFilterChain(reader) : []
    reader.tokens.done()
    return { type: 'set-block', name: target, filters, body: this.#closed('endset', at) }
  }

  #macro(reader: ExprParser, at: number): Node {
    const name = reader.tokens.name()
    const params: Param[] = []
    reader.tokens.expectOp('(')
    while (!reader.tokens.takeOp(')')) {
      const param = reader.tokens.name()
      params.push(reader.tokens.takeOp('=') ? { name: param, default: reader.expr() } : { name: param })
      if (!reader.tokens.isOp(')')) reader.tokens.expectOp(',')
    }
    reader.tokens.done()
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
    return { word, reader: readerOf(piece, this.#reading) }
  }
}

/** Of what stands in the braces; the word that names a block is read already. */
function readerOf({ kind, tokens, end }: Exclude<Piece, { kind: 'text' }>, reading: 'exact' | 'loose'): ExprParser {
  return new ExprParser(new TokenReader(kind === 'block' ? tokens.slice(1) : tokens, end), reading)
}

function readTarget(tokens: TokenReader): Target {
  const isWrapped = tokens.takeOp('(')
  const names = [tokens.name()]
  while (tokens.takeOp(',')) names.push(tokens.name())
  if (isWrapped) tokens.expectOp(')')
  return names.length === 1 ? (names[0] as string) : names
}

function readFilters(reader: ExprParser): FilterCall[] {
  const filters = [reader.filterCall(), ...readFilterChain(reader)]
  reader.tokens.done()
  return filters
}

function readFilterChain(reader: ExprParser): FilterCall[] {
  const filters: FilterCall[] = []
  while (reader.tokens.isOp('|')) filters.push(reader.filter())
  return filters
}
