// The tokens of one pair of braces, from first to last: what stands here, and the complaint if it is something else.

import { TemplateSyntaxError, type Token } from './lex.ts'

export class TokenReader {
  readonly #tokens: readonly Token[]
  readonly #end: number
  #next = 0

  /** `end`: the offset to name when the tokens run out. */
  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens
    this.#end = end
  }

  get token(): Token | undefined {
    return this.#tokens[this.#next]
  }

  get after(): Token | undefined {
    return this.#tokens[this.#next + 1]
  }

  skip(count: number): void {
    this.#next += count
  }

  get isDone(): boolean {
    return this.#next >= this.#tokens.length
  }

  done(): void {
    const { token } = this
    if (token) throw new TemplateSyntaxError(`unexpected "${token.text}"`, token.at)
  }

  isOp(op: string): boolean {
    const { token } = this
    return token?.kind === 'op' && token.text === op
  }

  takeOp(op: string): boolean {
    if (!this.isOp(op)) return false
    this.#next++
    return true
  }

  isName(name: string): boolean {
    const { token } = this
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
    const { token } = this
    if (token?.kind !== 'name') return this.fail('expected a name')
    this.#next++
    return token.text
  }

  get at(): number {
    return this.token?.at ?? this.#end
  }

  fail(message: string): never {
    const { token } = this
    throw new TemplateSyntaxError(token ? `${message}, found "${token.text}"` : `${message}, found the end`, this.at)
  }
}
