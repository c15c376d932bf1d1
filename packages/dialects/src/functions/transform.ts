// `transform`: a small expression over `x` and `$`, compiled to closures. Nothing is reachable that is not listed here: no
// prototypes, no globals, no methods. Members are own properties of data.

import { equalJson, FlowError, keysAt, kindOf, own, type PureFunction, suggest } from '@stepflow/engine'
import jsep, { type Expression } from 'jsep'

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
const MAX_TEXT = 10_000_000
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

function fail(message: string): never {
  throw new FlowError('EXPRESSION_FAILURE', message)
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
        if (value instanceof RegExp) return this.#wrong('regular expressions are not known here')
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
        return this.#wrong('"this" is not known here; there are: x, $')
      default:
        return this.#wrong(`${node.type} is not known here`)
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
    return this.#wrong(`"${name}" is not known here; there are: x (the value), $ (the input); text goes into quotes`)
  }

  #unary(operator: string, of: Closure): Closure {
    if (operator === '!') return (values) => !of(values)
    if (operator === '-') return (values) => -number(of(values), '-')
    if (operator === '+') return (values) => number(of(values), '+')
    return this.#wrong(`operator "${operator}" is not known here`)
  }

  #binary(operator: string, left: Closure, right: Closure): Closure {
    if (operator === '&&') return (values) => left(values) && right(values)
    if (operator === '||') return (values) => left(values) || right(values)
    const operate = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined
    if (!operate) return this.#wrong(`operator "${operator}" is not known here`)
    return (values) => operate(left(values), right(values))
  }

  #member(node: Expression, sub: (child: unknown) => Closure): Closure {
    const of = sub(node.object)
    if (node.optional) return this.#wrong('"?." is not known here')
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
      return this.#wrong(`${name}() takes ${least === most ? least : `${least} to ${most}`} values, not ${args.length}`)
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
  const there = of === null || of === undefined ? 'the value is null' : `there are: ${keysAt(of)}`
  return fail(`transform reads ${JSON.stringify(key)}, which is not there; ${there}`)
}

function number(value: unknown, operator: string): number {
  if (typeof value === 'number') return value
  return fail(`transform: "${operator}" needs numbers, not ${kindOf(value)}`)
}

/** A number that JSON has. */
function finite(value: number, operator: string): number {
  return Number.isFinite(value) ? value : fail(`transform: the result of "${operator}" is no number`)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null')
}

function bounded(value: string): string {
  return value.length <= MAX_TEXT ? value : fail(`transform: a text is longer than ${MAX_TEXT} characters`)
}

function order(a: unknown, b: unknown, operator: string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  return fail(`transform: "${operator}" cannot compare ${kindOf(a)} with ${kindOf(b)}`)
}

type Operator = (a: unknown, b: unknown) => unknown

const OPERATORS: Readonly<Record<string, Operator>> = {
  '+': (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return finite(a + b, '+')
    if (typeof a === 'string' || typeof b === 'string') return bounded(text(a) + text(b))
    return fail(`transform: "+" cannot add ${kindOf(a)} and ${kindOf(b)}`)
  },
  '-': (a, b) => finite(number(a, '-') - number(b, '-'), '-'),
  '*': (a, b) => finite(number(a, '*') * number(b, '*'), '*'),
  '/': (a, b) => finite(number(a, '/') / number(b, '/'), '/'),
  '%': (a, b) => finite(number(a, '%') % number(b, '%'), '%'),
  '==': (a, b) => equalJson(a ?? null, b ?? null),
  '!=': (a, b) => !equalJson(a ?? null, b ?? null),
  '===': (a, b) => equalJson(a ?? null, b ?? null),
  '!==': (a, b) => !equalJson(a ?? null, b ?? null),
  '<': (a, b) => order(a, b, '<') < 0,
  '<=': (a, b) => order(a, b, '<=') <= 0,
  '>': (a, b) => order(a, b, '>') > 0,
  '>=': (a, b) => order(a, b, '>=') >= 0,
}

interface Fn {
  readonly least: number
  readonly most: number
  readonly run: (...args: unknown[]) => unknown
}

function fn(least: number, most: number, run: (...args: unknown[]) => unknown): Fn {
  return { least, most, run }
}

function asText(value: unknown, name: string): string {
  return typeof value === 'string' ? value : fail(`transform: ${name}() needs text, not ${kindOf(value)}`)
}

function asObject(value: unknown, name: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  return fail(`transform: ${name}() needs an object, not ${kindOf(value)}`)
}

function extreme(args: unknown[], name: 'min' | 'max'): unknown {
  const of = args.length === 1 && Array.isArray(args[0]) ? (args[0] as unknown[]) : args
  if (of.length === 0) fail(`transform: ${name}() of nothing`)
  const sign = name === 'min' ? -1 : 1
  return of.reduce((best, value) => (order(value, best, name) * sign > 0 ? value : best))
}

const FUNCTIONS: Readonly<Record<string, Fn>> = {
  upper: fn(1, 1, (value) => asText(value, 'upper').toUpperCase()),
  lower: fn(1, 1, (value) => asText(value, 'lower').toLowerCase()),
  trim: fn(1, 1, (value) => asText(value, 'trim').trim()),
  length: fn(1, 1, (value) => {
    if (typeof value === 'string' || Array.isArray(value)) return value.length
    return Object.keys(asObject(value, 'length')).length
  }),
  join: fn(1, 2, (list, separator = '') => {
    if (!Array.isArray(list)) return fail(`transform: join() needs a list, not ${kindOf(list)}`)
    return bounded(list.map(text).join(asText(separator, 'join')))
  }),
  split: fn(2, 2, (value, separator) => asText(value, 'split').split(asText(separator, 'split'))),
  contains: fn(2, 2, (of, value) => {
    if (typeof of === 'string') return of.includes(asText(value, 'contains'))
    if (Array.isArray(of)) return of.some((item) => equalJson(item, value))
    return Object.hasOwn(asObject(of, 'contains'), asText(value, 'contains'))
  }),
  round: fn(1, 2, (value, digits = 0) => {
    const places = number(digits, 'round')
    const rounded = Number(`${Math.round(Number(`${number(value, 'round')}e${places}`))}e${-places}`)
    return finite(rounded, 'round')
  }),
  min: fn(1, Number.POSITIVE_INFINITY, (...args) => extreme(args, 'min')),
  max: fn(1, Number.POSITIVE_INFINITY, (...args) => extreme(args, 'max')),
  keys: fn(1, 1, (value) => Object.keys(asObject(value, 'keys'))),
  values: fn(1, 1, (value) => Object.values(asObject(value, 'values'))),
  json: fn(1, 1, (value) => bounded(JSON.stringify(value) ?? 'null')),
  parse_json: fn(1, 1, (value) => {
    const source = asText(value, 'parse_json')
    try {
      return JSON.parse(source)
    } catch {
      return fail('transform: parse_json() got text that is no JSON')
    }
  }),
}
