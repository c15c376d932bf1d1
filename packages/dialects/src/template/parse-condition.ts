// Conditions as manifests write them: one expression whose values stand in braces, often in quotes. Values are bound to it,
// never pasted into it.

import type { Body, Expr } from './ast.ts'
import { lexExpression, lexInside, TemplateSyntaxError, type Token, unescaped } from './lex.ts'
import { parse } from './parse.ts'
import { ExprParser } from './parse-expr.ts'
import { TokenReader } from './token-reader.ts'

/** Throws a TemplateSyntaxError. A condition with statements (`{% if %}`) is a template whose text is the result. */
export function parseCondition(source: string): Body {
  if (/\{[%#]/.test(source)) return parse(source, 'loose')
  const outside = (at: number, tokens: Token[]) => {
    const c = source[at]
    if (c === '{' && source[at + 1] === '{') {
      const { value, end } = braces(source, at)
      tokens.push({ kind: 'value', text: source.slice(at, end), value, at })
      return end
    }
    return c === '"' || c === "'" ? quoted(source, at, tokens) : undefined
  }
  const tokens = lexExpression(source, outside)
  return [{ type: 'print', value: new ExprParser(new TokenReader(tokens, source.length), 'loose').whole() }]
}

// ---

function braces(source: string, open: number): { readonly value: Expr; readonly end: number } {
  const { tokens, end } = lexInside(source, open + 2, '}}', open)
  return { value: new ExprParser(new TokenReader(tokens, end - 2), 'loose').whole(), end }
}

/** A text in quotes, with the values of the braces in it joined in. Gives the offset behind it. */
function quoted(source: string, start: number, tokens: Token[]): number {
  const quote = source[start]
  const parts: Expr[] = []
  let from = start + 1
  const text = (to: number) => {
    if (to > from) parts.push({ type: 'const', value: unescaped(source.slice(from, to)) })
  }
  for (let at = from; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === '{' && source[at + 1] === '{') {
      text(at)
      const { value, end } = braces(source, at)
      parts.push(value)
      from = end
      at = end - 1
    } else if (source[at] === quote) {
      text(at)
      const empty: Expr = { type: 'const', value: '' }
      // Joined to a text even if it is the only part: the quotes say so.
      const value = parts.reduce<Expr>((left, right) => ({ type: 'binary', op: '~', left, right }), empty)
      const only = parts.length === 1 && parts[0]?.type === 'const' ? parts[0] : value
      tokens.push({ kind: 'value', text: source.slice(start, at + 1), value: only, at: start })
      return at + 1
    }
  }
  throw new TemplateSyntaxError('a text has no closing quote', start)
}
