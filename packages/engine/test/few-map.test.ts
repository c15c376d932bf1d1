// A map that holds few answers as a Map does, whatever is done to it.

import { expect, test } from 'vitest'
import { FewMap } from '../src/few-map.ts'

test('a map that holds few answers as a Map does, in each order of up to five changes', () => {
  const changes = 7
  for (let number = 0; number < changes ** 5; number++) {
    const [few, map] = [new FewMap<number, number | undefined>(), new Map<number, number | undefined>()]
    for (let left = number, at = 0; at < 5; left = Math.floor(left / changes), at++) {
      const [before, after] = [change(few, left % changes, at), change(map, left % changes, at)]
      if (before === after && shown(few) === shown(map)) continue
      expect({ number, at, answer: before, map: shown(few) }).toEqual({ number, at, answer: after, map: shown(map) })
    }
  }
})

// ---

type Either = Pick<Map<number, number | undefined>, 'delete' | 'clear' | 'has' | 'get' | 'size'> & {
  set(key: number, value: number | undefined): unknown
  keys(): Iterable<number>
  values(): Iterable<number | undefined>
}

/** 0 to 2: sets a key; 3 to 5: deletes one, and answers whether it was there; 6: clears. */
function change(map: Either, which: number, at: number): boolean | undefined {
  if (which < 3) map.set(which, at === 0 ? undefined : at)
  else if (which < 6) return map.delete(which - 3)
  else map.clear()
  return undefined
}

function shown(map: Either): string {
  const found = [0, 1, 2].map((key) => [map.has(key), map.get(key)])
  return JSON.stringify([map.size, [...map.keys()], [...map.values()], found])
}
