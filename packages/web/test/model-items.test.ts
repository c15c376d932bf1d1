import { expect, test } from 'vitest'
import { bandsOf, cellAt, countsOf, failureOf, numbersOf } from '../src/model/item-cells.ts'

const statuses = Uint8Array.from([3, 3, 5, 1, 2, 5, 0])

test('items are found by how they stand, or by the ranges of a cause', () => {
  expect([...numbersOf(statuses, 5, undefined)]).toEqual([2, 5])
  expect([
    ...numbersOf(statuses, undefined, [
      [1, 2],
      [5, 5],
    ]),
  ]).toEqual([1, 2, 5])
  expect(numbersOf(statuses, undefined, undefined)).toHaveLength(7)
  expect([...countsOf(statuses)]).toEqual([1, 1, 1, 2, 0, 2, 0])
})

test('an item that failed is found in the ranges of its cause only', () => {
  const cause = (items: [number, number][]) => ({ code: 'X', message: 'no', count: 3, items })
  const [a, b] = [
    cause([
      [0, 3],
      [10, 12],
    ]),
    cause([
      [5, 5],
      [99, 99],
    ]),
  ]

  expect([0, 3, 4, 11, 13, 99].map((n) => [a, b].indexOf(failureOf([a, b], n) as typeof a))).toEqual([
    0, 0, -1, 0, -1, 1,
  ])
})

test('a place of the drawing is the item that is drawn there, and none beside the cells', () => {
  const cells = { perRow: 40, pitch: 12 }

  expect(cellAt(cells, 100, 0, 0)).toBe(0)
  expect(cellAt(cells, 100, 479, 12)).toBe(79)
  expect(cellAt(cells, 100, 480, 0)).toBeUndefined()
  expect(cellAt(cells, 100, -1, 0)).toBeUndefined()
  expect(cellAt(cells, 100, 300, 24)).toBeUndefined()
})

test('a band of many items shows that one of them failed', () => {
  const many = new Uint8Array(100_000).fill(3)
  many[77_777] = 5

  const bands = bandsOf(many, 600)

  expect([...bands].filter((byte) => byte === 5)).toHaveLength(1)
  expect([...bandsOf(statuses, 7)]).toEqual([...statuses])
})
