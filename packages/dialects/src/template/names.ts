// What a template reads from outside, told from its tree before it runs: a template cannot hide a dependency.

import { suggest } from '@stepflow/engine'
import type { Args, Body, Expr, Node, Target } from './ast.ts'
import { FILTERS } from './filters.ts'
import { GLOBALS } from './globals.ts'
import { TESTS } from './tests.ts'

/** A name from outside and the fields read from it, as far as they are fixed: `steps`, `a`, `result`. */
export interface Read {
  readonly path: readonly (string | number)[]
  /** False: how far it goes on cannot be told, as in `steps[x]`. */
  readonly isFixed: boolean
  /** It may be absent: something looks whether it is defined. */
  readonly isOptional: boolean
  readonly at: number
}

export interface Names {
  readonly reads: readonly Read[]
  /** Filters and tests that do not exist, and names that may not be set. */
  readonly problems: readonly { readonly message: string; readonly at: number }[]
}

export function namesIn(body: Body): Names {
  const finder = new Finder()
  finder.body(body, new Set())
  return finder
}

/** The path, if the expression is nothing but fixed members of a name. */
export function fixedPath(expr: Expr): (string | number)[] | undefined {
  if (expr.type === 'name') return [expr.name]
  if (expr.type !== 'member' || expr.key.type !== 'const') return undefined
  const of = fixedPath(expr.of)
  const { value } = expr.key
  if (!of || (typeof value !== 'string' && !(typeof value === 'number' && Number.isInteger(value) && value >= 0)))
    return undefined
  return [...of, value]
}

// ---

/** Names that steps and secrets are read by must keep their meaning. */
const RESERVED = new Set(['steps', 'secrets'])

class Finder implements Names {
  readonly reads: Read[] = []
  readonly problems: { message: string; at: number }[] = []

  body(body: Body, outer: ReadonlySet<string>): void {
    const local = new Set(outer)
    for (const node of body) this.#node(node, local)
  }

  #node(node: Node, local: Set<string>): void {
    switch (node.type) {
      case 'text':
        return
      case 'print':
        return this.#expr(node.value, local)
      case 'if':
        for (const { cond, body } of node.branches) {
          this.#expr(cond, local)
          this.#sameScope(body, local)
        }
        return node.else && this.#sameScope(node.else, local)
      case 'for': {
        this.#expr(node.of, local)
        const inner = new Set(local).add('loop')
        this.#bind(node.target, inner)
        if (node.cond) this.#expr(node.cond, inner)
        this.body(node.body, inner)
        return node.else && this.body(node.else, local)
      }
      case 'set':
        this.#expr(node.value, local)
        return this.#bind(node.target, local)
      case 'set-member':
        return this.#expr(node.value, local)
      case 'set-block':
        this.#filters(node.filters, local)
        this.body(node.body, local)
        return this.#bind(node.name, local)
      case 'filter':
        this.#filters(node.filters, local)
        return this.body(node.body, local)
      case 'with': {
        const inner = new Set(local)
        for (const [target, value] of node.values) {
          this.#expr(value, local)
          this.#bind(target, inner)
        }
        return this.body(node.body, inner)
      }
      case 'macro': {
        this.#bind(node.name, local)
        const inner = new Set(local)
        for (const param of node.params) {
          if (param.default) this.#expr(param.default, local)
          this.#bind(param.name, inner)
        }
        return this.body(node.body, inner)
      }
    }
  }

  /** What is set in a branch of `if` is set behind it too. */
  #sameScope(body: Body, local: Set<string>): void {
    for (const node of body) this.#node(node, local)
  }

  #bind(target: Target, local: Set<string>): void {
    for (const name of typeof target === 'string' ? [target] : target) {
      if (RESERVED.has(name)) this.problems.push({ message: `"${name}" cannot be assigned`, at: 0 })
      else local.add(name)
    }
  }

  #expr(expr: Expr, local: ReadonlySet<string>, isOptional = false): void {
    switch (expr.type) {
      case 'const':
        return
      case 'name':
      case 'member':
        return this.#read(expr, local, isOptional)
      case 'slice':
        for (const part of [expr.of, expr.from, expr.to, expr.step]) if (part) this.#expr(part, local)
        return
      case 'call':
        this.#args(expr.args, local)
        // `x.items()` reads x, unless x has a field of that name.
        if (expr.fn.type === 'member') return this.#expr(expr.fn.of, local, isOptional)
        return this.#expr(expr.fn, local, isOptional)
      case 'filter':
        if (!Object.hasOwn(FILTERS, expr.name)) this.#unknown('filter', expr.name, FILTERS, expr.at)
        this.#args(expr.args, local)
        return this.#expr(expr.of, local, isOptional || expr.name === 'default' || expr.name === 'd')
      case 'test':
        if (!Object.hasOwn(TESTS, expr.name)) this.#unknown('test', expr.name, TESTS, expr.at)
        this.#args(expr.args, local)
        return this.#expr(expr.of, local, isOptional || expr.name === 'defined' || expr.name === 'undefined')
      case 'unary':
      case 'truth':
        return this.#expr(expr.of, local)
      case 'binary':
        this.#expr(expr.left, local)
        return this.#expr(expr.right, local)
      case 'if':
        for (const part of [expr.cond, expr.then, expr.else]) if (part) this.#expr(part, local)
        return
      case 'list':
        for (const item of expr.items) this.#expr(item, local)
        return
      case 'dict':
        for (const [key, value] of expr.entries) {
          this.#expr(key, local)
          this.#expr(value, local)
        }
    }
  }

  #read(expr: Expr, local: ReadonlySet<string>, isOptional: boolean): void {
    const path: (string | number)[] = []
    const chain: (Expr & { type: 'member' })[] = []
    let at: Expr = expr
    while (at.type === 'member') {
      chain.push(at)
      at = at.of
    }
    for (const link of chain) if (link.key.type !== 'const') this.#expr(link.key, local)
    if (at.type !== 'name') return this.#expr(at, local, isOptional)
    if (local.has(at.name)) return
    path.push(at.name)
    for (const link of chain.reverse()) {
      const key = link.key.type === 'const' ? link.key.value : undefined
      if (typeof key !== 'string' && typeof key !== 'number') {
        this.reads.push({ path, isFixed: false, isOptional, at: at.at })
        return
      }
      path.push(key)
    }
    // A function of ours that the outside does not hide.
    if (path.length === 1 && Object.hasOwn(GLOBALS, at.name)) return
    this.reads.push({ path, isFixed: true, isOptional, at: at.at })
  }

  #args(args: Args, local: ReadonlySet<string>): void {
    for (const arg of args.positional) this.#expr(arg, local)
    for (const [, arg] of args.named) this.#expr(arg, local)
  }

  #filters(filters: readonly { name: string; args: Args; at: number }[], local: ReadonlySet<string>): void {
    for (const { name, args, at } of filters) {
      if (!Object.hasOwn(FILTERS, name)) this.#unknown('filter', name, FILTERS, at)
      this.#args(args, local)
    }
  }

  #unknown(what: string, name: string, known: object, at: number): void {
    const near = suggest(name, Object.keys(known))
    this.problems.push({ message: `there is no ${what} "${name}"${near ? `. Did you mean "${near}"?` : ''}`, at })
  }
}
