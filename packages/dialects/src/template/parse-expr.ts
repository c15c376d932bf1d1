// The expressions inside braces, in Jinja's precedence. `&&`, `||` and `!` are accepted for `and`, `or` and `not`.

import type { Args, BinaryOp, Expr } from './ast.ts'
import type { TokenReader } from './token-reader.ts'

/** Deeper expressions are refused: everything that reads the tree may recurse. */
const MAX_DEPTH = 150

export class ExprParser {
  /** What stands between expressions is for who reads them. */
  readonly tokens: TokenReader
  readonly #reading: 'exact' | 'loose'
  #depth = 0

  constructor(tokens: TokenReader, reading: 'exact' | 'loose' = 'exact') {
    this.tokens = tokens
    this.#reading = reading
  }

  /** A whole expression with nothing behind it. */
  whole(): Expr {
    const expr = this.list()
    this.tokens.done()
    return expr
  }

  /** `a`, or `a, b` as a list. */
  list(): Expr {
    const first = this.expr()
    if (!this.tokens.isOp(',')) return first
    const items = [first]
    while (this.tokens.takeOp(',')) if (!this.tokens.isDone) items.push(this.expr())
    return { type: 'list', items }
  }

  expr(): Expr {
    if (++this.#depth > MAX_DEPTH) this.tokens.fail(`nested deeper than ${MAX_DEPTH} levels`)
    let value = this.#or()
    while (this.tokens.takeName('if')) {
      const cond = this.#condition(this.#or())
      value = this.tokens.takeName('else')
        ? { type: 'if', cond, then: value, else: this.expr() }
        : { type: 'if', cond, then: value }
    }
    this.#depth--
    return value
  }

  /** A whole expression that decides a branch. */
  condition(): Expr {
    return this.#condition(this.whole())
  }

  /** Without `if`, which ends a loop's list: `for x in xs if x`. */
  withoutIf(): Expr {
    return this.#or()
  }

  #condition(of: Expr): Expr {
    return this.#reading === 'loose' ? { type: 'truth', of } : of
  }

  get #looseness(): { readonly isLoose?: boolean } {
    return this.#reading === 'loose' ? { isLoose: true } : {}
  }

  // --- precedence, from loose to tight

  #or(): Expr {
    let left = this.#and()
    while (this.tokens.takeName('or') || this.tokens.takeOp('||'))
      left = { type: 'binary', op: 'or', left, right: this.#and(), ...this.#looseness }
    return left
  }

  #and(): Expr {
    let left = this.#not()
    while (this.tokens.takeName('and') || this.tokens.takeOp('&&'))
      left = { type: 'binary', op: 'and', left, right: this.#not(), ...this.#looseness }
    return left
  }

  #not(): Expr {
    if (!(this.tokens.takeName('not') || this.tokens.takeOp('!'))) return this.#compare()
    if (++this.#depth > MAX_DEPTH) this.tokens.fail(`nested deeper than ${MAX_DEPTH} levels`)
    const of = this.#condition(this.#not())
    this.#depth--
    return { type: 'unary', op: 'not', of }
  }

  #compare(): Expr {
    let left = this.#sum()
    let joined: Expr | undefined
    for (;;) {
      const op = this.#comparison()
      if (!op) return joined ?? left
      const right = this.#sum()
      const isLoose = this.#reading === 'loose' && op !== 'in' && op !== 'not in'
      const one: Expr = { type: 'binary', op, left, right, ...(isLoose ? { isLoose } : {}) }
      // a < b < c is a < b and b < c
      joined = joined ? { type: 'binary', op: 'and', left: joined, right: one } : one
      left = right
    }
  }

  #comparison(): BinaryOp | undefined {
    for (const op of ['==', '!=', '<=', '>=', '<', '>'] as const) if (this.tokens.takeOp(op)) return op
    if (this.tokens.takeName('in')) return 'in'
    const { after } = this.tokens
    if (this.tokens.isName('not') && after?.kind === 'name' && after.text === 'in') {
      this.tokens.skip(2)
      return 'not in'
    }
    return undefined
  }

  #sum(): Expr {
    let left = this.#concat()
    for (;;) {
      const op = this.tokens.takeOp('+') ? '+' : this.tokens.takeOp('-') ? '-' : undefined
      if (!op) return left
      left = { type: 'binary', op, left, right: this.#concat() }
    }
  }

  #concat(): Expr {
    let left = this.#product()
    while (this.tokens.takeOp('~')) left = { type: 'binary', op: '~', left, right: this.#product() }
    return left
  }

  #product(): Expr {
    let left = this.#power()
    for (;;) {
      const op = (['*', '//', '/', '%'] as const).find((candidate) => this.tokens.takeOp(candidate))
      if (!op) return left
      left = { type: 'binary', op, left, right: this.#power() }
    }
  }

  #power(): Expr {
    let left = this.#unary(true)
    while (this.tokens.takeOp('**')) left = { type: 'binary', op: '**', left, right: this.#unary(true) }
    return left
  }

  #unary(withFilters: boolean): Expr {
    if (++this.#depth > MAX_DEPTH) this.tokens.fail(`nested deeper than ${MAX_DEPTH} levels`)
    const op = this.tokens.takeOp('-') ? '-' : this.tokens.takeOp('+') ? '+' : undefined
    const value: Expr = op ? { type: 'unary', op, of: this.#unary(false) } : this.#postfix(this.#primary())
    this.#depth--
    return withFilters ? this.#filters(value) : value
  }

  #primary(): Expr {
    const { token } = this.tokens
    if (!token || (token.kind === 'op' && !OPENING.has(token.text))) return this.tokens.fail('expected a value')
    this.tokens.skip(1)
    if (token.value) return token.value
    if (token.kind === 'number') return { type: 'const', value: Number(token.text) }
    if (token.kind === 'string') {
      let value = token.text
      for (let next = this.tokens.token; next?.kind === 'string'; next = this.tokens.token) {
        value += next.text
        this.tokens.skip(1)
      }
      return { type: 'const', value }
    }
    if (token.kind === 'name') {
      if (Object.hasOwn(CONSTANTS, token.text)) return { type: 'const', value: CONSTANTS[token.text] as boolean | null }
      return { type: 'name', name: token.text, at: token.at }
    }
    if (token.text === '(') return this.#parenthesised()
    if (token.text === '[') return { type: 'list', items: this.#items(']') }
    return this.#dict()
  }

  #parenthesised(): Expr {
    if (this.tokens.takeOp(')')) return { type: 'list', items: [] }
    const first = this.expr()
    if (this.tokens.takeOp(')')) return first
    this.tokens.expectOp(',')
    return { type: 'list', items: [first, ...this.#items(')')] }
  }

  #items(close: string): Expr[] {
    const items: Expr[] = []
    while (!this.tokens.takeOp(close)) {
      items.push(this.expr())
      if (!this.tokens.isOp(close)) this.tokens.expectOp(',')
    }
    return items
  }

  #dict(): Expr {
    const entries: (readonly [Expr, Expr])[] = []
    while (!this.tokens.takeOp('}')) {
      const key = this.expr()
      this.tokens.expectOp(':')
      entries.push([key, this.expr()])
      if (!this.tokens.isOp('}')) this.tokens.expectOp(',')
    }
    return { type: 'dict', entries }
  }

  #postfix(start: Expr): Expr {
    let of = start
    let length = 0
    for (;;) {
      const { at } = this.tokens
      if (++length > MAX_DEPTH) this.tokens.fail('this chain of members is too long')
      if (this.tokens.takeOp('.')) of = { type: 'member', of, key: this.#dotted(), at }
      else if (this.tokens.takeOp('[')) of = this.#subscript(of, at)
      else if (this.tokens.takeOp('(')) of = { type: 'call', fn: of, args: this.#args(), at }
      else return of
    }
  }

  #dotted(): Expr {
    const { token } = this.tokens
    if (token?.kind === 'number' && /^\d+$/.test(token.text)) {
      this.tokens.skip(1)
      return { type: 'const', value: Number(token.text) }
    }
    return { type: 'const', value: this.tokens.name() }
  }

  #subscript(of: Expr, at: number): Expr {
    const part = () => (this.tokens.isOp(':') || this.tokens.isOp(']') ? undefined : this.expr())
    const from = part()
    if (!this.tokens.isOp(':')) {
      this.tokens.expectOp(']')
      return from ? { type: 'member', of, key: from, at } : this.tokens.fail('expected a key')
    }
    this.tokens.expectOp(':')
    const to = part()
    const step = this.tokens.takeOp(':') ? part() : undefined
    this.tokens.expectOp(']')
    return { type: 'slice', of, ...(from ? { from } : {}), ...(to ? { to } : {}), ...(step ? { step } : {}) }
  }

  /** After the opening parenthesis. */
  #args(): Args {
    const positional: Expr[] = []
    const named: (readonly [string, Expr])[] = []
    while (!this.tokens.takeOp(')')) {
      const { token, after } = this.tokens
      if (token?.kind === 'name' && after?.kind === 'op' && after.text === '=') {
        this.tokens.skip(2)
        named.push([token.text, this.expr()])
      } else positional.push(this.expr())
      if (!this.tokens.isOp(')')) this.tokens.expectOp(',')
    }
    return { positional, named }
  }

  #filters(start: Expr): Expr {
    let of = start
    let length = 0
    for (;;) {
      if (++length > MAX_DEPTH) this.tokens.fail('this chain of filters is too long')
      if (this.tokens.isOp('|')) {
        const { name, args, at } = this.filter()
        of = this.#postfix({ type: 'filter', of, name, args, at })
      } else if (this.tokens.takeName('is')) of = this.#test(of)
      else return of
    }
  }

  /** `| name(args)` */
  filter(): { name: string; args: Args; at: number } {
    this.tokens.expectOp('|')
    return this.filterCall()
  }

  filterCall(): { name: string; args: Args; at: number } {
    const { at } = this.tokens
    let name = this.tokens.name()
    while (this.tokens.takeOp('.')) name += `.${this.tokens.name()}`
    return { name, args: this.tokens.takeOp('(') ? this.#args() : NO_ARGS, at }
  }

  #test(of: Expr): Expr {
    const isNot = this.tokens.takeName('not')
    const { at } = this.tokens
    const name = this.tokens.name()
    const args = this.tokens.takeOp('(') ? this.#args() : this.#testArgument()
    const test: Expr = { type: 'test', of, name, args, at }
    return isNot ? { type: 'unary', op: 'not', of: test } : test
  }

  /** `x is divisibleby 3`: one argument may stand without parentheses. */
  #testArgument(): Args {
    const { token } = this.tokens
    const starts =
      token &&
      (token.kind === 'number' ||
        token.kind === 'string' ||
        (token.kind === 'name' && !TEST_ENDS.has(token.text)) ||
        (token.kind === 'op' && token.text === '['))
    return starts ? { positional: [this.#postfix(this.#primary())], named: [] } : NO_ARGS
  }
}

// ---

const NO_ARGS: Args = { positional: [], named: [] }
const OPENING = new Set(['(', '[', '{'])
const TEST_ENDS = new Set(['and', 'or', 'not', 'else', 'if', 'is', 'in', 'recursive'])
const CONSTANTS: Readonly<Record<string, boolean | null>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  null: null,
}
