// Copies a value so that changes to the copy reach nobody else. Lists, plain objects and bytes are copied. Any other value
// in memory (a date, a function, an object of a class) is passed on as it is, and so is a frozen one.

import { setOwn } from '../../json.ts'

/** More of them than that are copied with a memory of what was seen: they may be one object many times, or a circle. */
const MOST_SIMPLE = 1000

let left = 0

export function ownCopy(value: unknown): unknown {
  left = MOST_SIMPLE
  const copy = simpleCopy(value)
  return left < 0 ? rememberingCopy(value) : copy
}

// ---

/** Gives up, with `left` below nothing, on what is large or has no end. */
function simpleCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (--left < 0) return value
  const target = emptyLike(value)
  if (target === undefined) return bytesOr(value)
  if (Array.isArray(target)) {
    const list = value as readonly unknown[] // as its copy is one
    for (let i = 0; i < list.length; i++) target[i] = simpleCopy(list[i])
    return target
  }
  for (const key of Object.keys(value)) setOwn(target, key, simpleCopy((value as Record<string, unknown>)[key]))
  return target
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
  if (Object.isFrozen(value)) return undefined
  if (Array.isArray(value)) return new Array(value.length)
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return undefined
  // What has a brand is no plain data.
  if (Object.getOwnPropertySymbols(value).length > 0) return undefined
  return prototype === null ? Object.create(null) : {}
}

function bytesOr(value: object): object {
  return value instanceof Uint8Array ? Uint8Array.prototype.slice.call(value) : value
}
