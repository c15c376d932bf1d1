// What a template says, as a tree.

export type Expr =
  | { readonly type: 'const'; readonly value: string | number | boolean | null }
  | { readonly type: 'name'; readonly name: string; readonly at: number }
  | { readonly type: 'member'; readonly of: Expr; readonly key: Expr; readonly at: number }
  | { readonly type: 'slice'; readonly of: Expr; readonly from?: Expr; readonly to?: Expr; readonly step?: Expr }
  | { readonly type: 'call'; readonly fn: Expr; readonly args: Args; readonly at: number }
  | { readonly type: 'filter'; readonly of: Expr; readonly name: string; readonly args: Args; readonly at: number }
  | { readonly type: 'test'; readonly of: Expr; readonly name: string; readonly args: Args; readonly at: number }
  | { readonly type: 'unary'; readonly op: 'not' | '-' | '+'; readonly of: Expr }
  /** Whether it holds as a condition: the texts "true" and "false" are what they say. */
  | { readonly type: 'truth'; readonly of: Expr }
  | {
      readonly type: 'binary'
      readonly op: BinaryOp
      readonly left: Expr
      readonly right: Expr
      /** A text that reads as a number or a boolean counts as one when it meets one, or where truth is asked. */
      readonly isLoose?: boolean
    }
  | { readonly type: 'if'; readonly cond: Expr; readonly then: Expr; readonly else?: Expr }
  | { readonly type: 'list'; readonly items: readonly Expr[] }
  | { readonly type: 'dict'; readonly entries: readonly (readonly [key: Expr, value: Expr])[] }

export type BinaryOp =
  | ('and' | 'or' | '+' | '-' | '*' | '/' | '//' | '%' | '**' | '~')
  | ('==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in')

export interface Args {
  readonly positional: readonly Expr[]
  readonly named: readonly (readonly [name: string, value: Expr])[]
}

export type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'print'; readonly value: Expr }
  | { readonly type: 'if'; readonly branches: readonly Branch[]; readonly else?: Body }
  | {
      readonly type: 'for'
      readonly target: Target
      readonly of: Expr
      readonly cond?: Expr
      readonly body: Body
      readonly else?: Body
    }
  | { readonly type: 'set'; readonly target: Target; readonly value: Expr }
  | { readonly type: 'set-member'; readonly name: string; readonly field: string; readonly value: Expr }
  | { readonly type: 'set-block'; readonly name: string; readonly body: Body; readonly filters: readonly FilterCall[] }
  | { readonly type: 'filter'; readonly filters: readonly FilterCall[]; readonly body: Body }
  | { readonly type: 'with'; readonly values: readonly (readonly [Target, Expr])[]; readonly body: Body }
  | { readonly type: 'macro'; readonly name: string; readonly params: readonly Param[]; readonly body: Body }

export type Body = readonly Node[]
/** One name, or several that share a list's elements. */
export type Target = readonly string[] | string
export interface Branch {
  readonly cond: Expr
  readonly body: Body
}
export interface Param {
  readonly name: string
  readonly default?: Expr
}
export interface FilterCall {
  readonly name: string
  readonly args: Args
  readonly at: number
}
