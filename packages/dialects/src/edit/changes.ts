// An operation on a flow as the least changes of its text, in either front end, in YAML and in JSON. What it made is read again
// before it is believed: the changes give what the operation does to the data, or there are none and a reason.

import { equalJson, FlowError, type Json } from '@stepflow/engine'
import { toJson } from '../source/node.ts'
import { readSource } from '../source/read.ts'
import { lineEndsOf, withLf } from './line-ends.ts'
import { type Collection, type Item, itemOf, locate } from './located.ts'
import { type Operation, partsOf } from './operation.ts'
import { applied, type Part, type Renamed } from './part.ts'
import { type Change, Pieces } from './pieces.ts'
import { mannerOf } from './render.ts'
import { find, insert, move, set, type Text, unset } from './splice.ts'

export interface EditOptions {
  /** Its ending tells the format. */
  readonly file?: string | undefined
  readonly format?: 'yaml' | 'json' | undefined
}

/**
 * The changes of `text` that do what `operation` does, in the order of the text. Throws a FlowError if the text cannot be read, if
 * what is named is not there, or if it stands where it cannot be changed (what an alias repeats).
 *
 * ```ts
 * changesOf('steps: [{ id: a, component: /builtin/noop }]', { op: 'rename', step: 'a', to: 'b' }) // [{ from: 14, to: 15, insert: 'b' }]
 * ```
 */
export function changesOf(text: string, operation: Operation, options: EditOptions = {}): readonly Change[] {
  const before = dataOf(text, options)
  return changesOfParts(text, before, partsOf(operation, before), options)
}

/** The same for changes of data that are no operation on a flow. */
export function changesOfParts(
  text: string,
  before: Json,
  parts: readonly Part[],
  options: EditOptions,
): readonly Change[] {
  const mark = text.charCodeAt(0) === 0xfeff ? 1 : 0
  const written = text.slice(mark)
  const pieces = new Pieces(withLf(written))
  let wanted = before
  for (const part of parts) {
    const at: Text = { text: pieces.text, root: locate(pieces.text), manner: mannerOf(pieces.text) }
    pieces.apply(changesOfPart(at, part))
    wanted = applied(wanted, part)
  }
  const made = readSource(pieces.text, options).node
  if (!made || !equalJson(toJson(made), wanted)) {
    throw new FlowError(
      'INVALID_INPUT',
      'what is to change is used in more than one place, or written in a way that cannot be changed from here; change it in the text',
    )
  }
  const ends = lineEndsOf(written)
  return pieces.changes().map(({ from, to, insert }) => ({
    from: ends.offsetOf(from) + mark,
    to: ends.offsetOf(to) + mark,
    insert: insert.replaceAll('\n', ends.endAt(from)),
  }))
}

export function dataOf(text: string, options: EditOptions): Json {
  const { node, meant } = readSource(text, options)
  if (meant !== undefined) {
    throw new FlowError('INVALID_FLOW', 'a "transform" in the text is no valid YAML: put it in quotes first')
  }
  if (!node) {
    throw new FlowError('INVALID_FLOW', 'the text cannot be read, so nothing in it can be edited: correct it first')
  }
  return toJson(node)
}

// ---

function changesOfPart(at: Text, part: Part): readonly Change[] {
  switch (part.part) {
    case 'set':
      return set(at, part.path, part.value)
    case 'unset':
      return unset(at, part.path)
    case 'insert':
      return insert(at, part.path, part.at, part.value)
    case 'move':
      return move(at, part.path, part.from, part.to)
    case 'names':
      return part.names.flatMap((name) => nameChange(at, name))
  }
}

function nameChange(at: Text, { path, what, to, mention }: Renamed): readonly Change[] {
  const holder = find(at, path.slice(0, -1))?.value as Collection
  const item = itemOf(holder, path.at(-1) as string) as Item
  if (what === 'key') {
    const quote = /^["']/.exec(at.text.slice(item.from))?.[0] ?? ''
    return [{ from: item.from, to: item.keyTo, insert: quote + to + quote }]
  }
  if (!mention || !item.value) return set(at, path, to)
  const { from, to: end } = item.value
  const changes: Change[] = []
  let count = 0
  for (const { index, 1: before = '', 2: name = '' } of at.text
    .slice(from, end)
    .matchAll(new RegExp(mention.pattern, 'g'))) {
    const start = from + index + before.length
    if (mention.which.includes(count++)) changes.push({ from: start, to: start + name.length, insert: mention.name })
  }
  // Written with escapes that hide the name: the whole text is written anew.
  return changes.length === mention.which.length ? changes : set(at, path, to)
}
