// What the texts inside a plan read: templates, conditions and transforms, each with the type of what it reads from.

import { type Expr, own } from '@stepflow/engine'
import { transformReads } from '../functions/transform-reads.ts'
import type { Body } from '../template/ast.ts'
import { namesIn } from '../template/names.ts'
import { parse } from '../template/parse.ts'
import { parseCondition } from '../template/parse-condition.ts'
import { inside, type Schema } from './schema-type.ts'

export interface CallRead {
  /** For a message: `the output of step "a"`. */
  readonly what: string
  /** Below what is named. */
  readonly path: readonly (string | number)[]
  readonly of: Schema
}

type Call = Extract<Expr, { op: 'call' }>
type TypeOf = (expr: Expr | undefined) => Schema | undefined

export function readsOf({ fn, args }: Call, typeOf: TypeOf): CallRead[] {
  const [source, first, second] = args
  const text = source?.op === 'literal' ? source.value : undefined
  if (typeof text !== 'string') return []
  if (fn === 'template') return templateReads(parse(text), typeOf(first))
  if (fn === 'condition') return templateReads(parseCondition(text), typeOf(first))
  if (fn !== 'transform') return []
  return transformReads(text).flatMap(({ root, path }) => {
    const of = typeOf(root === 'x' ? first : second)
    return of ? [{ what: root === 'x' ? 'the value' : 'the input', path, of }] : []
  })
}

// ---

/** A template reads from its context: an object of what it names. */
function templateReads(body: Body, context: Schema | undefined): CallRead[] {
  return namesIn(body).reads.flatMap(({ path, isOptional }) => {
    const [root, name] = path
    if (isOptional || !context || own(context.properties, root as string) === undefined) return []
    const length = root === 'steps' ? 3 : 1
    const what = root === 'steps' ? `the output of step "${name}"` : root === 'inputs' ? 'the input' : `"${root}"`
    let of: Schema = context
    for (const key of path.slice(0, length)) {
      const next = inside(of, key)
      if (next === 'absent') return []
      of = next
    }
    return [{ what, path: path.slice(length), of }]
  })
}
