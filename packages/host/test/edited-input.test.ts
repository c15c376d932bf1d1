import { expect, test } from 'vitest'
import { putBack } from '../src/history/edited-input.ts'

const recorded = { key: 'hunter22', header: 'Bearer hunter22', list: [{ pin: 1234 }], n: 1 }
const shown = { key: '[redacted]', header: 'Bearer [redacted]', list: [{ pin: '[redacted]' }], n: 1 }
const edit = (edited: unknown) => putBack(edited, shown, recorded, '$')

test('what was shown and not changed is what was recorded', () => {
  expect(edit(shown)).toEqual(recorded)
  expect(edit({ ...shown, n: 2, more: true })).toEqual({ ...recorded, n: 2, more: true })
  expect(edit('[redacted]')).toEqual(recorded)
})

test('a secret that was replaced is the new one', () => {
  expect(edit({ key: 'new', header: 'Bearer new' })).toEqual({ key: 'new', header: 'Bearer new' })
})

test('a mark where nothing was recorded, or in a text that was changed around it, is refused with its place', () => {
  expect(() => edit({ other: { deep: ['[redacted]'] } })).toThrow('"[redacted]" at $.other.deep[0] of the input')
  expect(() => edit({ header: 'Basic [redacted]' })).toThrow('the text around the secret is not the recorded one')
})

test('a text that mentions the mark where no secret was is that text', () => {
  expect(putBack({ n: 'write [redacted] for it' }, { n: 'x' }, { n: 'x' }, '$')).toEqual({
    n: 'write [redacted] for it',
  })
})
