// Template text to pieces: text, `{{ }}` and `{% %}` with their tokens. Whitespace control and comments end here.

import type { Expr } from './ast.ts'

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'print' | 'block'
      readonly tokens: readonly Token[]
      readonly at: number
      /** Where its closing braces begin. */
      readonly end: number
    }

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'op' | 'value'
  readonly text: string
  /** Of a `value`: what was read already. */
  readonly value?: Expr
  /** Offset in the source. */
  readonly at: number
}

/** A template that cannot be read; `at` is an offset. */
export class TemplateSyntaxError extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

/** The tokens of an expression that stands by itself. `outside` may take what begins at an offset; it answers where that ends. */
export function lexExpression(source: string, outside: (at: number, tokens: Token[]) => number | undefined): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    at = outside(at, tokens) ?? lexToken(source, at, tokens)
    if (tokens.length > MAX_TOKENS) throw tooLarge(at)
  }
  return tokens
}

export function lex(source: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  let trimNext = false
  let size = 0
  const text = (to: number, trimEnd: boolean) => {
    let part = source.slice(at, to)
    if (trimNext) part = part.trimStart()
    if (trimEnd) part = part.trimEnd()
    if (part !== '') pieces.push({ kind: 'text', text: part })
  }
  for (;;) {
    const open = nextOpen(source, at)
    if (open < 0) break
    const kind = source[open + 1]
    const control = source[open + 2]
    text(open, control === '-')
    const start = open + (control === '-' || control === '+' ? 3 : 2)
    if (kind === '#') {
      const end = source.indexOf('#}', start)
      if (end < 0) throw new TemplateSyntaxError('a comment "{#" is never closed', open)
      trimNext = source[end - 1] === '-' && end - 1 >= start
      at = end + 2
      continue
    }
    const inside = lexInside(source, start, kind === '{' ? '}}' : '%}', open)
    trimNext = inside.trim
    at = inside.end
    size += inside.tokens.length + 1
    if (size > MAX_TOKENS) throw tooLarge(open)
    if (kind === '%' && inside.tokens.length === 1 && inside.tokens[0]?.text === 'raw') {
      const raw = rawEnd(source, at, open)
      const body = source.slice(at, raw.from)
      const kept = trimNext ? body.trimStart() : body
      if (kept !== '') pieces.push({ kind: 'text', text: raw.trimBefore ? kept.trimEnd() : kept })
      at = raw.to
      trimNext = raw.trimAfter
    } else pieces.push({ kind: kind === '{' ? 'print' : 'block', tokens: inside.tokens, at: open, end: inside.end - 2 })
  }
  text(source.length, false)
  return pieces
}

// ---

/** Reading a template takes time too, before it has a budget. */
const MAX_TOKENS = 10_000

function tooLarge(at: number): TemplateSyntaxError {
  return new TemplateSyntaxError(`more than ${MAX_TOKENS} names, values and signs in one template`, at)
}

/** White space, or a number, a name or a sign. */
const TOKEN =
  /\s+|(\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?)|([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)|(\*\*|\/\/|==|!=|<=|>=|&&|\|\||[-+*/%~=<>!.,:|()[\]{}])/y

const STEP_ID = /[A-Za-z_]\w*(?:-+\w+)*/y

function nextOpen(source: string, from: number): number {
  for (let at = source.indexOf('{', from); at >= 0; at = source.indexOf('{', at + 1)) {
    const next = source[at + 1]
    if (next === '{' || next === '%' || next === '#') return at
  }
  return -1
}

/** Up to `close`, which must come. */
export function lexInside(source: string, start: number, close: string, open: number) {
  const tokens: Token[] = []
  let depth = 0
  let at = start
  while (at < source.length) {
    if (depth === 0) {
      if (source.startsWith(close, at)) return { tokens, end: at + 2, trim: false }
      const c = source[at]
      if ((c === '-' || c === '+') && source.startsWith(close, at + 1)) return { tokens, end: at + 3, trim: c === '-' }
    }
    const before = tokens.length
    if (before > MAX_TOKENS) throw tooLarge(open)
    at = lexToken(source, at, tokens)
    const token = tokens[before]
    if (token?.kind !== 'op') continue
    if (token.text === '(' || token.text === '[' || token.text === '{') depth++
    else if (token.text === ')' || token.text === ']' || token.text === '}') depth = Math.max(0, depth - 1)
  }
  throw new TemplateSyntaxError(`"${source.slice(open, open + 2)}" is never closed`, open)
}

/** One token, or white space; gives the offset behind it. */
function lexToken(source: string, at: number, tokens: Token[]): number {
  const quote = source[at]
  if (quote === '"' || quote === "'") {
    const end = stringEnd(source, at)
    tokens.push({ kind: 'string', text: unescaped(source.slice(at + 1, end)), at })
    return end + 1
  }
  TOKEN.lastIndex = at
  const match = TOKEN.exec(source)
  if (!match) throw new TemplateSyntaxError(`unexpected ${JSON.stringify(source[at])}`, at)
  const [, number, name, op] = match
  if (number !== undefined) tokens.push({ kind: 'number', text: number.replaceAll('_', ''), at })
  else if (name !== undefined) tokens.push({ kind: 'name', text: name, at })
  else if (op !== undefined) tokens.push({ kind: 'op', text: op, at })
  const end = at + match[0].length
  return op === '.' ? lexStepId(source, end, tokens) : end
}

/** After `steps.` comes a step's id, which may hold dashes: `steps.load-data.result`. */
function lexStepId(source: string, at: number, tokens: Token[]): number {
  const name = tokens.at(-2)
  if (name?.kind !== 'name' || name.text !== 'steps' || tokens.at(-3)?.text === '.') return at
  STEP_ID.lastIndex = at
  const found = STEP_ID.exec(source)?.[0]
  if (found === undefined) return at
  tokens.push({ kind: 'name', text: found, at })
  return at + found.length
}

function stringEnd(source: string, start: number): number {
  const quote = source[start]
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === quote) return at
  }
  throw new TemplateSyntaxError('a text has no closing quote', start)
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '\\': '\\',
  '"': '"',
  "'": "'",
  '/': '/',
}

export function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|([\s\S]))/g, (whole, u, x, c) =>
    (u ?? x) ? String.fromCharCode(Number.parseInt(u ?? x, 16)) : (ESCAPES[c] ?? whole),
  )
}

function rawEnd(source: string, from: number, open: number) {
  const end = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/g
  end.lastIndex = from
  const match = end.exec(source)
  if (!match) throw new TemplateSyntaxError('"{% raw %}" is never closed', open)
  return { from: match.index, to: end.lastIndex, trimBefore: match[1] === '-', trimAfter: match[2] === '-' }
}
