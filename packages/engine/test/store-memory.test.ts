import { createMemoryStore } from '@stepflow/engine'
import { storeSuite } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'

storeSuite('memory', () => createMemoryStore(), {
  test,
  equal: (actual, expected) => expect(actual).toEqual(expected),
})
