// The cases that a flow brings along: an input, and the outcome that it should have.

import { own } from '@stepflow/engine'

export interface Case {
  /** Among the cases of the flow. */
  readonly index: number
  readonly name: string
  /** Absent: the default of the flow's schema. */
  readonly input: unknown
  /** Absent: whatever comes. */
  readonly output: unknown
}

/** `document`: the flow as JSON, or what a flow in code exports. */
export function casesOf(document: unknown): Case[] {
  const cases = own(own(document, 'test'), 'cases')
  if (!Array.isArray(cases)) return []
  return cases.map((one, index) => ({
    index,
    name: String(own(one, 'name') ?? `case ${index + 1}`),
    input: own(one, 'input'),
    output: own(one, 'output'),
  }))
}
