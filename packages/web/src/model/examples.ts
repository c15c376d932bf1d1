// What an input can be filled from: nothing, the examples of a flow, the inputs of earlier runs. What was redacted there is empty,
// and has to be typed anew: what is started is another run, to which the mark would mean nothing.

import { redactedMark } from '@stepflow/engine'
import { emptyValue, type Schema } from './fields.ts'
import { shortId } from './format.ts'

export interface Filling {
  readonly kind: 'empty' | 'example' | 'earlier'
  readonly word: string
  readonly input: unknown
  /** Where something was redacted: `/card/number`. */
  readonly redacted: readonly string[]
}

export interface EarlierInput {
  readonly input: unknown
  readonly runId: string
}

export function fillings(
  schema: unknown,
  examples: readonly unknown[] = [],
  earlier: readonly EarlierInput[] = [],
): readonly [Filling, ...Filling[]] {
  return [
    { kind: 'empty', word: 'Empty', input: emptyValue(schema, (schema ?? {}) as Schema) ?? {}, redacted: [] },
    ...examples.map((example, i): Filling => {
      const { name, input } = exampleOf(example)
      return { kind: 'example', word: name ?? `Example ${i + 1}`, input, redacted: [] }
    }),
    ...earlier.map(({ input, runId }): Filling => {
      const redacted: string[] = []
      return { kind: 'earlier', word: `As in ${shortId(runId)}`, input: emptied(input, '', redacted), redacted }
    }),
  ]
}

/** What a form begins with: the first example, or what the schema says of itself. */
export function firstOf(all: readonly [Filling, ...Filling[]]): number {
  return Math.max(
    0,
    all.findIndex(({ kind }) => kind === 'example'),
  )
}

/** Of the places that were redacted, those that are empty still; each with what to do. */
export function untyped(value: unknown, redacted: readonly string[]): ReadonlyMap<string, string> {
  const left = redacted.filter((pointer) => {
    let at = value
    for (const key of pointer.split('/').slice(1)) {
      at = (at as Readonly<Record<string, unknown>> | null | undefined)?.[unescaped(key)]
    }
    return at === undefined || at === null || at === ''
  })
  return new Map(left.map((pointer) => [pointer, 'This was redacted. Type it anew.']))
}

// ---

/** An example is an input with a name, or the input alone. */
function exampleOf(example: unknown): { readonly name?: string; readonly input: unknown } {
  if (typeof example !== 'object' || example === null || !('input' in example)) return { input: example }
  const { name, input } = example as { readonly name?: unknown; readonly input: unknown }
  return typeof name === 'string' ? { name, input } : { input }
}

/** A field goes; in a list, where the others must keep their places, an empty text is left. */
function emptied(value: unknown, path: string, redacted: string[]): unknown {
  if (typeof value === 'string' && value.includes(redactedMark)) {
    redacted.push(path)
    return undefined
  }
  if (Array.isArray(value)) {
    return value.map((one, i) => {
      const left = emptied(one, `${path}/${i}`, redacted)
      return left === undefined ? '' : left
    })
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(
    ([key, one]) => [key, emptied(one, `${path}/${escaped(key)}`, redacted)] as const,
  )
  return Object.fromEntries(entries.filter(([, one]) => one !== undefined))
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

function unescaped(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~')
}
