// Copies a value so that changes to the copy reach nobody else. Lists, plain objects and bytes are copied. Any other value
// in memory (a date, a function, an object of a class) is passed on as it is, and so is one that its author has frozen.

import { COMPONENT } from '../../component/brand.ts'
import { setOwn } from '../../json.ts'
import { isLiteral } from '../scheduler/literal.ts'

/** More of them than that, or deeper ones, are copied with a memory of what was seen: they may be one object many times, or a circle. */
const MOST_SIMPLE = 50_000
const DEEPEST_SIMPLE = 100

let left = 0

export function ownCopy(value: unknown): unknown {
  left = MOST_SIMPLE
  const copy = simpleCopy(value, DEEPEST_SIMPLE)
  return left < 0 ? rememberingCopy(value) : copy
}

// ---

/** Gives up, with `left` below nothing, on what is large or has no end. */
function simpleCopy(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (levels === 0) left = 0
  if (--left < 0) return value
  if (!isCopied(value)) return bytesOr(value)
  if (Array.isArray(value)) {
    const list = new Array(value.length)
    for (let i = 0; i < value.length; i++) list[i] = simpleCopy(value[i], levels - 1)
    return list
  }
  // In one go, which is several times as fast as field by field; most fields are no objects.
  const copy = (
    Object.getPrototypeOf(value) === null ? Object.assign(Object.create(null), value) : { ...value }
  ) as Record<string, unknown>
  for (const key in copy) {
    const field = copy[key]
    // It is there already, so that nothing is set but its own, whatever its name.
    if (typeof field === 'object' && field !== null && Object.hasOwn(copy, key))
      copy[key] = simpleCopy(field, levels - 1)
  }
  return copy
}

/** Each object once, however often it is met, and as deep as it goes. */
function rememberingCopy(root: unknown): unknown {
  const copies = new Map<object, unknown>()
  const open: object[] = []
  const copyOf = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    const known = copies.get(value)
    if (known !== undefined) return known
    const target = emptyLike(value)
    const copy = target ?? bytesOr(value)
    copies.set(value, copy)
    if (target !== undefined) open.push(value)
    return copy
  }
  const copy = copyOf(root)
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const target = copies.get(value) as Record<string, unknown> | unknown[] // it was put there when it was opened
    if (Array.isArray(target)) {
      const list = value as readonly unknown[]
      for (let i = 0; i < list.length; i++) target[i] = copyOf(list[i])
    } else for (const key of Object.keys(value)) setOwn(target, key, copyOf((value as Record<string, unknown>)[key]))
  }
  return copy
}

/** What a copy begins as; undefined for what is not copied part by part. */
function emptyLike(value: object): unknown[] | Record<string, unknown> | undefined {
  if (!isCopied(value)) return undefined
  if (Array.isArray(value)) return new Array(value.length)
  return Object.getPrototypeOf(value) === null ? Object.create(null) : {}
}

/** Part by part. */
function isCopied(value: object): boolean {
  if (Object.isFrozen(value) && !isLiteral(value)) return false
  if (Array.isArray(value)) return true
  const prototype = Object.getPrototypeOf(value)
  // What has a brand is no plain data.
  return (prototype === Object.prototype || prototype === null) && !(COMPONENT in value)
}

function bytesOr(value: object): object {
  return value instanceof Uint8Array ? Uint8Array.prototype.slice.call(value) : value
}
