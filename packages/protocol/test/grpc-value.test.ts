// JSON values as protobuf has them, checked against the library that we do not use for them.

import protobuf from 'protobufjs'
import { describe, expect, test } from 'vitest'
import { readStruct, readValue } from '../src/grpc/read-value.ts'
import { writeValue } from '../src/grpc/write-value.ts'

const root = new protobuf.Root().addJSON(
  protobuf.common.get('google/protobuf/struct.proto')?.nested ?? {},
) as protobuf.Root
const Value = root.lookupType('google.protobuf.Value')

/** The same for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * sides)
  }
}

function anyValue(roll: (sides: number) => number, depth = 0): unknown {
  const kind = roll(depth > 5 ? 4 : 6)
  if (kind === 0) return null
  if (kind === 1) return roll(2) === 1
  if (kind === 2) return roll(1_000_000) / (1 + roll(7)) - 1000
  if (kind === 3) return ['', 'a', 'ä€😀', 'x'.repeat(roll(40_000)), '__proto__'][roll(5)]
  if (kind === 4) return Array.from({ length: roll(6) }, () => anyValue(roll, depth + 1))
  return Object.fromEntries(
    Array.from({ length: roll(6) }, (_, i) => [`k${i}${'é'.repeat(roll(90))}`, anyValue(roll, depth + 1)]),
  )
}

const values = Array.from({ length: 300 }, (_, seed) => anyValue(dice(seed + 1)))

describe('a value', () => {
  test('has the bytes that protobuf gives it', () => {
    for (const value of values) {
      const bytes = writeValue(value)
      expect(Buffer.from(Value.encode(Value.decode(bytes)).finish()).equals(bytes)).toBe(true)
    }
  })

  test('is read back as it was', () => {
    for (const value of values) expect(readValue(writeValue(value))).toEqual(value)
  })

  test('is written without what JSON leaves out', () => {
    expect(readValue(writeValue({ a: undefined, b: [undefined] }))).toEqual({ b: [null] })
    expect(() => writeValue({ a: 1n })).toThrow('bigint is not JSON')
    expect(() => writeValue(() => {})).toThrow('function is not JSON')
  })

  test('is read with fields that are not known yet, and without any it is null', () => {
    const unknown = Buffer.from([0x98, 0x06, 0x01, 0xa2, 0x06, 0x02, 0x01, 0x02, 0x1a, 0x01, 0x78])

    expect(readValue(unknown)).toBe('x')
    expect(readValue(Buffer.alloc(0))).toBe(null)
    expect(readStruct(Buffer.alloc(0))).toEqual({})
  })

  test('that is cut off or changed is read or refused, in time', () => {
    const roll = dice(7)
    for (const value of values) {
      const bytes = Buffer.from(writeValue(value))
      const [cut, changed] = [bytes.subarray(0, roll(bytes.length)), Buffer.from(bytes)]
      changed[roll(bytes.length)] = roll(256)
      for (const each of [cut, changed]) {
        try {
          JSON.stringify(readValue(each))
        } catch (error) {
          expect((error as Error).message).toMatch(/^its value /)
        }
      }
    }
  })
})
