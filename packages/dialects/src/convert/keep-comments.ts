// The comments of a file in the other form of it: each goes to what its key, step or input has become, and none is lost. A
// list or a map on one line stays on one line.

import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml'

/** Of a YAML text; JSON has none. */
export function keepComments(text: string, made: Document): void {
  const document = parseDocument(text, { version: '1.2', schema: 'core' })
  if (document.errors.length > 0) return
  if (document.commentBefore) made.commentBefore = document.commentBefore
  if (document.comment) made.comment = document.comment
  const { contents } = document
  // A bare list of steps has become `steps: [...]`.
  const target = isSeq(contents) && isMap(made.contents) ? made.get('steps', true) : made.contents
  if (isNode(contents) && isNode(target)) move(contents, target)
}

// ---

/** What a key is called in the other form. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['tool', 'component'],
  ['component', 'tool'],
  ['config', 'input'],
  ['forEach', 'for_each'],
  ['for_each', 'forEach'],
  ['skipIf', 'skip_if'],
  ['skip', 'skip_if'],
  ['onError', 'on_error'],
  ['onFailure', 'on_failure'],
])

type Entry = Pair<Node, Node | null>

function move(from: Node, to: Node): void {
  if ((isSeq(from) && isSeq(to)) || (isMap(from) && isMap(to))) to.flow = from.flow === true
  own(from, to)
  if (isSeq(from) && isSeq(to) && !areSteps(from)) {
    for (const [i, item] of from.items.entries()) moveOrGather(item, to.items[i], to)
  } else if (isSeq(from) && isSeq(to)) {
    for (const step of from.items) moveOrGather(step, stepOf(to, idOf(step)), to)
  } else if (isMap(from)) moveEntries(from.items as Entry[], to)
  else if (isSeq(from) && isMap(to)) {
    for (const item of from.items) moveNamed(item, to)
  }
}

function moveEntries(entries: readonly Entry[], to: Node): void {
  for (const { key, value } of entries) {
    const name = isScalar(key) ? String(key.value) : ''
    const found = pairOf(to, [name, RENAMED.get(name) ?? name])
    // What became another kind of value, such as a template in an expression, keeps its comment with its new parent.
    if (!found) {
      own(key, to)
      if (value) gather(value, to)
      continue
    }
    own(key, found.key)
    if (value) moveOrGather(value, found.value ?? undefined, found.key)
  }
}

/** `{name, value}` is an entry `name: value`. */
function moveNamed(item: unknown, to: YAMLMap): void {
  if (!isMap(item)) return
  const found = pairOf(to, [String(item.get('name'))])
  if (!found) return gather(item, to)
  own(item, found.key)
  for (const { key, value } of item.items as Entry[]) {
    own(key, found.key)
    if (value && found.value && isScalar(key) && key.value === 'value') move(value, found.value)
    else if (value) gather(value, found.key)
  }
}

function moveOrGather(from: unknown, to: unknown, otherwise: Node): void {
  if (!isNode(from)) return
  if (isNode(to)) move(from, to)
  else gather(from, otherwise)
}

/** All comments in `from`, in front of `to`. */
function gather(from: Node, to: Node): void {
  visit(from, {
    Node(_, node) {
      own(node as Node, to)
    },
  })
}

function own(from: Node, to: Node): void {
  if (from.spaceBefore) to.spaceBefore = true
  if (from.commentBefore) to.commentBefore = joined(to.commentBefore, from.commentBefore)
  if (!from.comment) return
  if (isScalar(to) || (isMap(to) && to.flow) || (isSeq(to) && to.flow)) to.comment = joined(to.comment, from.comment)
  else to.commentBefore = joined(to.commentBefore, from.comment)
}

function joined(there: string | null | undefined, more: string): string {
  return there ? `${there}\n${more}` : more
}

function pairOf(map: Node, names: readonly string[]): Entry | undefined {
  if (!isMap(map)) return undefined
  for (const name of names) {
    const found = map.items.find(({ key }) => isScalar(key) && key.value === name)
    if (found) return found as Entry
  }
  return undefined
}

function idOf(step: unknown): unknown {
  return isMap(step) ? step.get('id') : undefined
}

function areSteps(list: Node): boolean {
  return isSeq(list) && list.items.length > 0 && list.items.every((item) => idOf(item) !== undefined)
}

function stepOf(list: Node, id: unknown): unknown {
  return isSeq(list) ? list.items.find((step) => idOf(step) === id) : undefined
}
