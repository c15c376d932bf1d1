// What a shape is: a JSON Schema, and the type of the values that it permits, read off the schema. So both always agree.

/** The part of JSON Schema that our shapes use. */
export interface ShapeSchema {
  /** Its name in the OpenAPI document: one with a title is written there once. */
  readonly title?: string
  readonly description?: string
  readonly type?: TypeName | readonly TypeName[]
  readonly properties?: Readonly<Record<string, ShapeSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | ShapeSchema
  readonly items?: ShapeSchema
  readonly enum?: readonly (string | number | null)[]
  readonly const?: string | number | boolean
  readonly anyOf?: readonly ShapeSchema[]
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly default?: unknown
  readonly examples?: readonly unknown[]
}

type TypeName = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null'

/**
 * The values that a schema permits.
 *
 * ```ts
 * const named = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } as const
 * type Named = Shape<typeof named> // { readonly name: string }
 * ```
 */
export type Shape<S> = S extends { readonly const: infer C }
  ? C
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly anyOf: readonly (infer A)[] }
      ? Shape<A>
      : S extends { readonly type: infer T }
        ? Typed<T extends readonly (infer One)[] ? One : T, S>
        : unknown

// ---

type Typed<T, S> = T extends 'object'
  ? Fields<S>
  : T extends 'array'
    ? readonly (S extends { readonly items: infer I } ? Shape<I> : unknown)[]
    : T extends 'string'
      ? string
      : T extends 'number' | 'integer'
        ? number
        : T extends 'boolean'
          ? boolean
          : null

type Fields<S> = S extends { readonly properties: infer P }
  ? Flat<
      { readonly [K in keyof P as K extends RequiredOf<S> ? K : never]: Shape<P[K]> } & {
        readonly [K in keyof P as K extends RequiredOf<S> ? never : K]?: Shape<P[K]>
      }
    >
  : S extends { readonly additionalProperties: infer A }
    ? Readonly<Record<string, A extends boolean ? unknown : Shape<A>>>
    : Readonly<Record<string, unknown>>

type RequiredOf<S> = S extends { readonly required: readonly (infer R)[] } ? R : never

type Flat<T> = { [K in keyof T]: T[K] }
