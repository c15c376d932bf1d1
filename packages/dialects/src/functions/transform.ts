// `transform`: a small expression over `x` and `$`, compiled to closures. Nothing is reachable that is not listed here or
// in transform-functions.ts: no prototypes, no globals, no methods. Members are own properties of data.

import { keysAt, kindOf, own, type PureFunction, suggest } from '@stepflow/engine'
import jsep, { type Expression } from 'jsep'
import { FUNCTIONS, fail, number, OPERATORS } from './transform-functions.ts'

/** `(source, x, $) => value`. Throws EXPRESSION_FAILURE. */
export const transform: PureFunction = (source, x, input) => compiled(String(source))({ x, input })

export interface TransformCheck {
  /** All that is wrong with it; empty if it can run. */
  readonly problems: readonly string[]
  /** It mentions `$`. */
  readonly readsInput: boolean
}

export function checkTransform(source: string): TransformCheck {
  const problems: string[] = []
  const ast = parse(source, problems)
  const compiler = new Compiler(problems)
  if (ast) compiler.compile(ast, 0)
  return { problems, readsInput: compiler.readsInput }
}

// ---

interface Values {
  readonly x: unknown
  readonly input: unknown
}
type Closure = (values: Values) => unknown

const MAX_SOURCE = 20_000
const MAX_DEPTH = 200
/** Operators in a row nest in the tree, though not in the text. */
const MAX_CHAIN = 1000
const cache = new Map<string, Closure>()

function compiled(source: string): Closure {
  const known = cache.get(source)
  if (known) return known
  const problems: string[] = []
  const ast = parse(source, problems)
  const closure = ast && new Compiler(problems).compile(ast, 0)
  if (!closure || problems.length > 0) fail(`transform: ${problems[0]}`)
  if (cache.size >= 1000) cache.clear()
  cache.set(source, closure)
  return closure
}

function parse(source: string, problems: string[]): Expression | undefined {
  if (source.trim() === '') problems.push('it is empty')
  else if (source.length > MAX_SOURCE) problems.push(`it is longer than ${MAX_SOURCE} characters`)
  else if (nesting(source) > MAX_DEPTH) problems.push(`it is nested deeper than ${MAX_DEPTH} levels`)
  else {
    try {
      return jsep(source)
    } catch (error) {
      problems.push(`it does not parse: ${(error as Error).message}`)
    }
  }
  return undefined
}

/** Brackets and prefix operators are what the parser recurses on. */
function nesting(source: string): number {
  let open = 0
  let deepest = 0
  let prefix = 0
  for (const c of source.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""')) {
    if (c === '(' || c === '[' || c === '?') open++
    else if (c === ')' || c === ']') open--
    prefix = c === '!' || c === '-' || c === '+' ? prefix + 1 : c === ' ' ? prefix : 0
    deepest = Math.max(deepest, open, prefix)
  }
  return deepest
}

class Compiler {
  readonly #problems: string[]
  readsInput = false

  constructor(problems: string[]) {
    this.#problems = problems
  }

  compile(node: Expression, depth: number): Closure {
    if (depth > MAX_CHAIN) return this.#wrong('it is too long for one expression')
    const sub = (child: unknown) => this.compile(child as Expression, depth + 1)
    switch (node.type) {
      case 'Literal': {
        const { value } = node
        if (value instanceof RegExp) return this.#wrong('regular expressions are not supported')
        return () => value
      }
      case 'Identifier':
        return this.#name(node.name as string)
      case 'ArrayExpression': {
        const of = (node.elements as unknown[]).map(sub)
        return (values) => of.map((item) => item(values))
      }
      case 'UnaryExpression':
        return this.#unary(node.operator as string, sub(node.argument))
      case 'BinaryExpression':
        return this.#binary(node.operator as string, sub(node.left), sub(node.right))
      case 'ConditionalExpression': {
        const [test, yes, no] = [sub(node.test), sub(node.consequent), sub(node.alternate)]
        return (values) => (test(values) ? yes(values) : no(values))
      }
      case 'MemberExpression':
        return this.#member(node, sub)
      case 'CallExpression':
        return this.#call(node, sub)
      case 'Compound':
        return this.#wrong('it is more than one expression; is an operator missing?')
      case 'ThisExpression':
        return this.#wrong('"this" is not defined; there are: x, $')
      default:
        return this.#wrong(`${node.type} is not supported`)
    }
  }

  #wrong(problem: string): Closure {
    this.#problems.push(problem)
    return () => null
  }

  #name(name: string): Closure {
    if (name === 'x') return (values) => values.x
    if (name === '$') {
      this.readsInput = true
      return (values) => values.input
    }
    if (Object.hasOwn(FUNCTIONS, name)) return this.#wrong(`"${name}" is a function: call it as ${name}(x)`)
    return this.#wrong(`"${name}" is not defined; there are: x (the value), $ (the input); put text in quotes`)
  }

  #unary(operator: string, of: Closure): Closure {
    if (operator === '!') return (values) => !of(values)
    if (operator === '-') return (values) => -number(of(values), '-')
    if (operator === '+') return (values) => number(of(values), '+')
    return this.#wrong(`operator "${operator}" is not supported`)
  }

  #binary(operator: string, left: Closure, right: Closure): Closure {
    if (operator === '&&') return (values) => left(values) && right(values)
    if (operator === '||') return (values) => left(values) || right(values)
    const operate = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined
    if (!operate) return this.#wrong(`operator "${operator}" is not supported`)
    return (values) => operate(left(values), right(values))
  }

  #member(node: Expression, sub: (child: unknown) => Closure): Closure {
    const of = sub(node.object)
    if (node.optional) return this.#wrong('"?." is not supported')
    if (node.computed) {
      const key = sub(node.property)
      return (values) => member(of(values), key(values))
    }
    const name = (node.property as { name?: string }).name
    if (name === undefined) return this.#wrong('a member must be a name')
    return (values) => member(of(values), name)
  }

  #call(node: Expression, sub: (child: unknown) => Closure): Closure {
    const callee = node.callee as Expression
    const args = (node.arguments as unknown[]).map(sub)
    if (callee.type !== 'Identifier') {
      const method = (callee.property as { name?: string } | undefined)?.name
      const known = method !== undefined && Object.hasOwn(FUNCTIONS, method)
      return this.#wrong(known ? `there are no methods: write ${method}(x)` : 'only functions can be called, by name')
    }
    const name = callee.name as string
    const found = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
    if (!found) {
      const near = suggest(name, Object.keys(FUNCTIONS))
      return this.#wrong(
        `there is no function "${name}"${near ? `. Did you mean "${near}"?` : `; there are: ${Object.keys(FUNCTIONS).join(', ')}`}`,
      )
    }
    const { least, most, run } = found
    if (args.length < least || args.length > most) {
      const wanted =
        least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`
      return this.#wrong(`${name}() takes ${wanted} ${wanted.endsWith('1') ? 'value' : 'values'}, not ${args.length}`)
    }
    return (values) => run(...args.map((arg) => arg(values)))
  }
}

function member(of: unknown, key: unknown): unknown {
  if (Array.isArray(of)) {
    if (typeof key === 'number' && Number.isInteger(key) && key >= 0 && key < of.length) return of[key] ?? null
  } else if (typeof of === 'string') {
    if (typeof key === 'number' && Number.isInteger(key) && key >= 0 && key < of.length) return of[key]
  } else if (typeof of === 'object' && of !== null && typeof key === 'string' && Object.hasOwn(of, key)) {
    return own(of, key) ?? null
  }
  const isPlain = typeof of !== 'object' || of === null
  const there = isPlain
    ? `the value is ${kindOf(of)}`
    : Array.isArray(of)
      ? `it is a list of ${of.length}`
      : `there are: ${keysAt(of)}`
  return fail(`transform reads ${JSON.stringify(key)}, which is not there; ${there}`)
}
