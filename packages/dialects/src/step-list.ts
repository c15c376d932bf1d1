// Steps written as a map of id to step, as the list that they stand for. Reports no mistakes in them.

import { type Entry, entryOf, get, type ListNode, type Node, scalar } from './source/node.ts'

/** The document with its steps as a list, each with its `id`. */
export function withStepList(root: Node): Node {
  const steps = get(root, 'steps')
  if (root.kind !== 'map' || steps?.kind !== 'map') return root
  const list: ListNode = {
    kind: 'list',
    items: steps.entries.map(withId),
    keys: steps.entries.map(({ key }) => key),
    line: steps.line,
    column: steps.column,
  }
  return { ...root, entries: root.entries.map((e) => (e.key === 'steps' ? { ...e, value: list } : e)) }
}

// ---

function withId({ key, value, line, column }: Entry): Node {
  if (value.kind !== 'map' || entryOf(value, 'id')) return value
  const at = { line, column }
  return { ...value, ...at, entries: [{ key: 'id', value: scalar(key, at), ...at }, ...value.entries] }
}
