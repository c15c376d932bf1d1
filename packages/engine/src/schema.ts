// JSON Schema, as the engine needs it: a check that is passed in.

/** Checks a value against a JSON Schema and fills in its defaults, on a copy. */
export type SchemaCheck = ((value: unknown) => {
  readonly value: unknown
  readonly violations: readonly Violation[]
}) & {
  /** The values that the schema marks with `is_secret`. */
  readonly secretsIn?: (value: unknown) => readonly unknown[]
}

export interface Violation {
  /** `$.items[0].name` */
  readonly path: string
  readonly message: string
}
