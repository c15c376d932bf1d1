// Whether a flow in code of conformance/code ended as one of its cases says.

import type { Outcome } from '@stepflow/engine'
import { expect } from 'vitest'
import type { Case } from '../conformance/code/kit.ts'

export function expectCase(outcome: Outcome, { name, result, failed, skipped }: Case): void {
  if (failed) {
    const { message, ...exact } = failed
    expect(outcome, name).toMatchObject({ outcome: 'failed', error: exact })
    if (message) expect(outcome, name).toMatchObject({ error: { message: expect.stringMatching(message) } })
  } else if (skipped) expect(outcome, name).toMatchObject({ outcome: 'skipped' })
  else expect(outcome, name).toEqual({ outcome: 'success', result })
}
