// The expressions inside braces, in Jinja's precedence. `&&`, `||` and `!` are accepted for `and`, `or` and `not`.

import type { Args, BinaryOp, Expr } from './ast.ts'
import { TemplateSyntaxError, type Token } from './lex.ts'

/** Deeper expressions are refused: everything that reads the tree may recurse. */
const MAX_DEPTH = 150

export class ExprParser {
  readonly #tokens: readonly Token[]
  readonly #end: number
  readonly #comparisons: 'exact' | 'loose'
  #next = 0
  #depth = 0

  /** `end`: the offset to name when the tokens run out. */
  constructor(tokens: readonly Token[], end: number, comparisons: 'exact' | 'loose' = 'exact') {
    this.#tokens = tokens
    this.#end = end
    this.#comparisons = comparisons
  }

  get isDone(): boolean {
    return this.#next >= this.#tokens.length
  }

  /** A whole expression with nothing behind it. */
  whole(): Expr {
    const expr = this.list()
    this.done()
    return expr
  }

  done(): void {
    const token = this.#tokens[this.#next]
    if (token) throw new TemplateSyntaxError(`unexpected "${token.text}"`, token.at)
  }

  /** `a`, or `a, b` as a list. */
  list(): Expr {
    const first = this.expr()
    if (!this.isOp(',')) return first
    const items = [first]
    while (this.takeOp(',')) if (!this.isDone) items.push(this.expr())
    return { type: 'list', items }
  }

  expr(): Expr {
    if (++this.#depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`)
    let value = this.#or()
    while (this.takeName('if')) {
      const cond = this.#or()
      value = this.takeName('else')
        ? { type: 'if', cond, then: value, else: this.expr() }
        : { type: 'if', cond, then: value }
    }
    this.#depth--
    return value
  }

  /** Without `if`, which ends a loop's list: `for x in xs if x`. */
  withoutIf(): Expr {
    return this.#or()
  }

  // --- tokens

  isOp(op: string): boolean {
    const token = this.#tokens[this.#next]
    return token?.kind === 'op' && token.text === op
  }

  takeOp(op: string): boolean {
    if (!this.isOp(op)) return false
    this.#next++
    return true
  }

  isName(name: string): boolean {
    const token = this.#tokens[this.#next]
    return token?.kind === 'name' && token.text === name
  }

  takeName(name: string): boolean {
    if (!this.isName(name)) return false
    this.#next++
    return true
  }

  expectOp(op: string): void {
    if (!this.takeOp(op)) this.fail(`expected "${op}"`)
  }

  name(): string {
    const token = this.#tokens[this.#next]
    if (token?.kind !== 'name') return this.fail('expected a name')
    this.#next++
    return token.text
  }

  get at(): number {
    return this.#tokens[this.#next]?.at ?? this.#end
  }

  fail(message: string): never {
    const token = this.#tokens[this.#next]
    throw new TemplateSyntaxError(token ? `${message}, found "${token.text}"` : `${message}, found the end`, this.at)
  }

  // --- precedence, from loose to tight

  #or(): Expr {
    let left = this.#and()
    while (this.takeName('or') || this.takeOp('||')) left = { type: 'binary', op: 'or', left, right: this.#and() }
    return left
  }

  #and(): Expr {
    let left = this.#not()
    while (this.takeName('and') || this.takeOp('&&')) left = { type: 'binary', op: 'and', left, right: this.#not() }
    return left
  }

  #not(): Expr {
    if (!(this.takeName('not') || this.takeOp('!'))) return this.#compare()
    if (++this.#depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`)
    const of = this.#not()
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
      const isLoose = this.#comparisons === 'loose' && op !== 'in' && op !== 'not in'
      const one: Expr = { type: 'binary', op, left, right, ...(isLoose ? { isLoose } : {}) }
      // a < b < c is a < b and b < c
      joined = joined ? { type: 'binary', op: 'and', left: joined, right: one } : one
      left = right
    }
  }

  #comparison(): BinaryOp | undefined {
    for (const op of ['==', '!=', '<=', '>=', '<', '>'] as const) if (this.takeOp(op)) return op
    if (this.takeName('in')) return 'in'
    const next = this.#tokens[this.#next + 1]
    if (this.isName('not') && next?.kind === 'name' && next.text === 'in') {
      this.#next += 2
      return 'not in'
    }
    return undefined
  }

  #sum(): Expr {
    let left = this.#concat()
    for (;;) {
      const op = this.takeOp('+') ? '+' : this.takeOp('-') ? '-' : undefined
      if (!op) return left
      left = { type: 'binary', op, left, right: this.#concat() }
    }
  }

  #concat(): Expr {
    let left = this.#product()
    while (this.takeOp('~')) left = { type: 'binary', op: '~', left, right: this.#product() }
    return left
  }

  #product(): Expr {
    let left = this.#power()
    for (;;) {
      const op = (['*', '//', '/', '%'] as const).find((candidate) => this.takeOp(candidate))
      if (!op) return left
      left = { type: 'binary', op, left, right: this.#power() }
    }
  }

  #power(): Expr {
    let left = this.#unary(true)
    while (this.takeOp('**')) left = { type: 'binary', op: '**', left, right: this.#unary(true) }
    return left
  }

  #unary(withFilters: boolean): Expr {
    if (++this.#depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`)
    const op = this.takeOp('-') ? '-' : this.takeOp('+') ? '+' : undefined
    const value: Expr = op ? { type: 'unary', op, of: this.#unary(false) } : this.#postfix(this.#primary())
    this.#depth--
    return withFilters ? this.#filters(value) : value
  }

  #primary(): Expr {
    const token = this.#tokens[this.#next]
    if (!token) return this.fail('expected a value')
    this.#next++
    if (token.value) return token.value
    if (token.kind === 'number') return { type: 'const', value: Number(token.text) }
    if (token.kind === 'string') {
      let value = token.text
      while (this.#tokens[this.#next]?.kind === 'string') value += this.#tokens[this.#next++]?.text
      return { type: 'const', value }
    }
    if (token.kind === 'name') {
      if (Object.hasOwn(CONSTANTS, token.text)) return { type: 'const', value: CONSTANTS[token.text] as boolean | null }
      return { type: 'name', name: token.text, at: token.at }
    }
    if (token.text === '(') return this.#parenthesised()
    if (token.text === '[') return { type: 'list', items: this.#items(']') }
    if (token.text === '{') return this.#dict()
    this.#next--
    return this.fail('expected a value')
  }

  #parenthesised(): Expr {
    if (this.takeOp(')')) return { type: 'list', items: [] }
    const first = this.expr()
    if (this.takeOp(')')) return first
    this.expectOp(',')
    return { type: 'list', items: [first, ...this.#items(')')] }
  }

  #items(close: string): Expr[] {
    const items: Expr[] = []
    while (!this.takeOp(close)) {
      items.push(this.expr())
      if (!this.isOp(close)) this.expectOp(',')
    }
    return items
  }

  #dict(): Expr {
    const entries: (readonly [Expr, Expr])[] = []
    while (!this.takeOp('}')) {
      const key = this.expr()
      this.expectOp(':')
      entries.push([key, this.expr()])
      if (!this.isOp('}')) this.expectOp(',')
    }
    return { type: 'dict', entries }
  }

  #postfix(start: Expr): Expr {
    let of = start
    let length = 0
    for (;;) {
      const { at } = this
      if (++length > MAX_DEPTH) this.fail('this chain of members is too long')
      if (this.takeOp('.')) of = { type: 'member', of, key: this.#dotted(), at }
      else if (this.takeOp('[')) of = this.#subscript(of, at)
      else if (this.takeOp('(')) of = { type: 'call', fn: of, args: this.#args(), at }
      else return of
    }
  }

  #dotted(): Expr {
    const token = this.#tokens[this.#next]
    if (token?.kind === 'number' && /^\d+$/.test(token.text)) {
      this.#next++
      return { type: 'const', value: Number(token.text) }
    }
    return { type: 'const', value: this.name() }
  }

  #subscript(of: Expr, at: number): Expr {
    const part = () => (this.isOp(':') || this.isOp(']') ? undefined : this.expr())
    const from = part()
    if (!this.isOp(':')) {
      this.expectOp(']')
      return from ? { type: 'member', of, key: from, at } : this.fail('expected a key')
    }
    this.expectOp(':')
    const to = part()
    const step = this.takeOp(':') ? part() : undefined
    this.expectOp(']')
    return { type: 'slice', of, ...(from ? { from } : {}), ...(to ? { to } : {}), ...(step ? { step } : {}) }
  }

  /** After the opening parenthesis. */
  #args(): Args {
    const positional: Expr[] = []
    const named: (readonly [string, Expr])[] = []
    while (!this.takeOp(')')) {
      const token = this.#tokens[this.#next]
      const after = this.#tokens[this.#next + 1]
      if (token?.kind === 'name' && after?.kind === 'op' && after.text === '=') {
        this.#next += 2
        named.push([token.text, this.expr()])
      } else positional.push(this.expr())
      if (!this.isOp(')')) this.expectOp(',')
    }
    return { positional, named }
  }

  #filters(start: Expr): Expr {
    let of = start
    let length = 0
    for (;;) {
      if (++length > MAX_DEPTH) this.fail('this chain of filters is too long')
      if (this.isOp('|')) {
        const { name, args, at } = this.filter()
        of = this.#postfix({ type: 'filter', of, name, args, at })
      } else if (this.takeName('is')) of = this.#test(of)
      else return of
    }
  }

  /** `| name(args)` */
  filter(): { name: string; args: Args; at: number } {
    this.expectOp('|')
    return this.filterCall()
  }

  filterCall(): { name: string; args: Args; at: number } {
    const { at } = this
    let name = this.name()
    while (this.takeOp('.')) name += `.${this.name()}`
    return { name, args: this.takeOp('(') ? this.#args() : NO_ARGS, at }
  }

  #test(of: Expr): Expr {
    const isNot = this.takeName('not')
    const { at } = this
    const name = this.name()
    const args = this.takeOp('(') ? this.#args() : this.#testArgument()
    const test: Expr = { type: 'test', of, name, args, at }
    return isNot ? { type: 'unary', op: 'not', of: test } : test
  }

  /** `x is divisibleby 3`: one argument may stand without parentheses. */
  #testArgument(): Args {
    const token = this.#tokens[this.#next]
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
