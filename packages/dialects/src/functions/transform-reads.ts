// Which fields a transform reads of `x` and `$`, told from its tree, for who knows the types of these.

import jsep, { type Expression } from 'jsep'

export interface TransformRead {
  readonly root: 'x' | '$'
  readonly path: readonly (string | number)[]
}

/** Of a transform that has been checked. */
export function transformReads(source: string): TransformRead[] {
  const reads: TransformRead[] = []
  const open: unknown[] = [jsep(source)]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) for (const one of node) open.push(one)
    if (typeof node !== 'object' || node === null || Array.isArray(node)) continue
    const read = pathOf(node as Expression)
    if (read) reads.push(read)
    else for (const part of Object.values(node)) if (typeof part === 'object') open.push(part)
  }
  return reads.reverse()
}

// ---

function pathOf(node: Expression): TransformRead | undefined {
  const path: (string | number)[] = []
  let at = node
  while (at.type === 'MemberExpression') {
    const { computed, property, object } = at as unknown as {
      computed: boolean
      property: Expression
      object: Expression
    }
    const key = computed ? property.value : property.name
    if (typeof key === 'string' || typeof key === 'number') path.unshift(key)
    else return undefined
    at = object
  }
  return at.type === 'Identifier' && (at.name === 'x' || at.name === '$') ? { root: at.name, path } : undefined
}
