// What stands in the place of an input that could not be read: its item is counted and numbered like any other, and fails
// before its first step. In the text of a journal it is `null`, and a note beside the inputs says why.

const BRAND = Symbol.for('stepflow.RefusedInput')

/** An input that could not be read. */
export class RefusedInput {
  /** What was wrong with it, and where it stood. */
  readonly message: string
  readonly [BRAND] = true

  /** By brand: the one who read it may have come with another copy of this package. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value
  }

  constructor(message: string) {
    this.message = message
  }
}

/** Place among the inputs, and message. */
export type Refusal = readonly [index: number, message: string]

/** What a journal's text notes of these inputs; nearly always nothing. */
export function refusalsIn(inputs: readonly unknown[]): Refusal[] {
  const refusals: Refusal[] = []
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]
    if (input instanceof RefusedInput) refusals.push([i, input.message])
  }
  return refusals
}

/** The inputs as they were before their text was written. */
export function withRefusals(inputs: readonly unknown[], refusals: readonly Refusal[]): readonly unknown[] {
  const all = [...inputs]
  for (const [index, message] of refusals) all[index] = new RefusedInput(message)
  return all
}
