import { expect, test } from 'vitest'
import { InFlight } from '../src/in-flight.ts'

function filled(count: number): InFlight<string> {
  const inFlight = new InFlight<string>()
  for (let number = 1; number <= count; number++) inFlight.set(number, `call ${number}`)
  return inFlight
}

test('each is found by its number, however many are in flight', () => {
  const inFlight = filled(1000)

  expect(inFlight.size).toBe(1000)
  expect([1, 256, 257, 744, 745, 1000].map((number) => inFlight.get(number))).toEqual(
    [1, 256, 257, 744, 745, 1000].map((number) => `call ${number}`),
  )
})

test('one that many others have overtaken is still there, and goes once', () => {
  const inFlight = filled(1)
  for (let number = 2; number <= 2000; number++) {
    inFlight.set(number, `call ${number}`)
    inFlight.delete(number)
  }

  expect([inFlight.size, inFlight.get(1)]).toEqual([1, 'call 1'])
  expect([inFlight.delete(1), inFlight.delete(1), inFlight.size]).toEqual([true, false, 0])
})

test('they are listed in the order in which they were given', () => {
  const inFlight = filled(600)
  for (let number = 1; number <= 600; number++) if (number % 100 !== 0) inFlight.delete(number)

  expect(inFlight.entries().map(([number]) => number)).toEqual([100, 200, 300, 400, 500, 600])
})

test.each([0, -1, 1.5, 2 ** 32 + 1, 257, Number.NaN, '1', 'x', ''])(
  'nothing is found by %j, which nobody gave',
  (id) => {
    const inFlight = filled(3)

    expect([inFlight.get(id), inFlight.delete(id), inFlight.size]).toEqual([undefined, false, 3])
  },
)

test('nothing is left when it was cleared', () => {
  const inFlight = filled(300)

  inFlight.clear()

  expect([inFlight.size, inFlight.get(300), inFlight.get(1), inFlight.entries()]).toEqual([0, undefined, undefined, []])
})
