// The functions that are always in a template's scope.

import { isRecord } from '@stepflow/engine'
import { dictOf, pairs } from './lists.ts'
import { number } from './numbers.ts'
import { Callable, elements, fail, isPlain, Namespace } from './values.ts'

const MAX_RANGE = 100_000

export const GLOBALS: Readonly<Record<string, unknown>> = {
  range: new Callable('range', (args, _, budget) => {
    const [from, to, step] =
      args.length === 1 ? [0, number(args[0]), 1] : [number(args[0]), number(args[1]), number(args[2] ?? 1)]
    if (step === 0) fail('range() cannot have step 0')
    const count = Math.max(0, Math.ceil((to - from) / step))
    if (!(count <= MAX_RANGE)) fail(`range() gives at most ${MAX_RANGE} numbers`)
    budget.spend(count)
    return Array.from({ length: count }, (_unused, i) => from + i * step)
  }),
  zip: new Callable('zip', (args, _, budget) => {
    const lists = args.map((arg) => elements(arg, budget))
    const length = lists.length === 0 ? 0 : Math.min(...lists.map((list) => list.length))
    return Array.from({ length }, (_unused, i) => lists.map((list) => list[i]))
  }),
  dict: new Callable('dict', (args, named, budget) => {
    const base = args[0] === undefined ? [] : pairs(args[0], budget)
    return dictOf([...base, ...named])
  }),
  namespace: new Callable('namespace', (args, named, budget) => {
    const made = new Namespace()
    const [base] = args
    if (isRecord(base) && isPlain(base)) for (const [key, value] of pairs(base, budget)) made.fields.set(key, value)
    for (const [key, value] of named) made.fields.set(key, value)
    return made
  }),
}
