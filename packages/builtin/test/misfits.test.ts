import { createBuiltinPlugin } from '@stepflow/builtin'
import { expect, test } from 'vitest'

const builtin = createBuiltinPlugin({ env: {}, hostRates: { 'api.example.com': { count: 1, perMs: 1000 } } })
const misfits = (name: string, known: Record<string, unknown>) =>
  (builtin.resolve(name)?.misfits?.(known, []) ?? []).map(({ key, message }) => `${key}: ${message}`)

test('a builtin says of known fields what a call would refuse, and nothing of the others', () => {
  expect(misfits('/wait', { until: 'soon' })).toEqual([
    expect.stringMatching(/^until: \/builtin\/wait needs "until" to be a date and time by ISO 8601 .*, got "soon"$/),
  ])
  expect(misfits('/wait', { until: '2030-01-31', duration: 'x' })).toHaveLength(1)
  expect(misfits('/wait', { until: null, strange: 1 })).toEqual([])
})

test('older spellings of a field are checked as that field', () => {
  expect(misfits('/http', { followRedirects: 'yes' })).toEqual([expect.stringContaining('"follow_redirects" to be')])
})

test('a builtin says which keys it does not read, whatever their values', () => {
  const unread = (name: string, keys: string[]) => builtin.resolve(name)?.misfits?.({}, keys)

  expect(unread('/wait', ['until', 'value'])).toEqual([
    {
      key: 'value',
      message: '/builtin/wait does not know "value"; it takes "duration", "until"',
      instead: ['duration', 'until'],
    },
  ])
  expect(unread('/http', ['url', 'followRedirects'])).toEqual([])
  expect(unread('/noop', ['anything'])).toBeUndefined()
})
