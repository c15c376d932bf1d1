// Which field of a form says what is wrong with a part of its value.

import { expect, test } from 'vitest'
import { hasField } from '../src/model/fields.ts'

const SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    lines: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' } } } },
    any: {},
  },
}

test.each([
  ['/name', true],
  ['/lines', true],
  ['/lines/0/sku', true],
  ['/any', true],
  ['', false],
  ['/lines/0', false],
  ['/any/deeper', false],
  ['/nothing', false],
])('%s has a field of its own: %s', (path, has) => {
  expect(hasField(SCHEMA, path)).toBe(has)
})
