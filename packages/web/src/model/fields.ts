// A JSON Schema as the fields of a form. What no field fits is asked for as JSON.

export type Field =
  | { readonly kind: 'text'; readonly isLong: boolean; readonly isSecret: boolean; readonly format?: string }
  | { readonly kind: 'number'; readonly isInteger: boolean; readonly least?: number; readonly most?: number }
  | { readonly kind: 'yes-no' }
  | { readonly kind: 'choice'; readonly values: readonly unknown[]; readonly names?: readonly ChoiceName[] }
  | { readonly kind: 'list'; readonly of: Schema }
  | { readonly kind: 'object'; readonly parts: readonly Part[] }
  | { readonly kind: 'variant'; readonly variants: readonly Schema[] }
  | { readonly kind: 'json' }

/** What one of the values is called, and what it means. */
export interface ChoiceName {
  readonly title: string
  readonly description?: string
}

/** A property of an object. */
export interface Part {
  readonly name: string
  readonly title: string
  readonly schema: Schema
  readonly isRequired: boolean
  readonly description?: string
}

export type Schema = Readonly<Record<string, unknown>>

/** What a schema asks for; `root` holds what its references lead to. */
export function fieldOf(schema: unknown, root: Schema): Field {
  const { own, isNullable } = resolved(schema, root)
  if (isNullable && typeof own.type !== 'string') return { kind: 'json' }
  if (Array.isArray(own.enum)) return { kind: 'choice', values: own.enum }
  if ('const' in own) return { kind: 'choice', values: [own.const] }
  const variants = own.oneOf ?? own.anyOf
  if (Array.isArray(variants) && variants.length > 0) return namedChoice(variants) ?? { kind: 'variant', variants }
  switch (own.type) {
    case 'string':
      return {
        kind: 'text',
        isLong: Number(own.maxLength ?? 0) > 200 || own.format === 'textarea',
        isSecret: own.is_secret === true || own.writeOnly === true || own.format === 'password',
        ...(typeof own.format === 'string' ? { format: own.format } : {}),
      }
    case 'number':
    case 'integer':
      return {
        kind: 'number',
        isInteger: own.type === 'integer',
        ...(typeof own.minimum === 'number' ? { least: own.minimum } : {}),
        ...(typeof own.maximum === 'number' ? { most: own.maximum } : {}),
      }
    case 'boolean':
      return { kind: 'yes-no' }
    case 'array':
      return isSchema(own.items) ? { kind: 'list', of: own.items } : { kind: 'json' }
    default:
      return isSchema(own.properties) ? { kind: 'object', parts: partsOf(own) } : { kind: 'json' }
  }
}

/** Is there a field for what a path leads to, `/order/total`, which says what is wrong with it? */
export function hasField(schema: unknown, path: string): boolean {
  const root = schema as Schema
  let field = fieldOf(schema, root)
  for (const name of path.split('/').slice(1)) {
    if (field.kind === 'list') field = fieldOf(field.of, root)
    else {
      const part = field.kind === 'object' ? field.parts.find((one) => one.name === name) : undefined
      if (!part) return false
      field = fieldOf(part.schema, root)
    }
  }
  return field.kind !== 'object' && field.kind !== 'variant'
}

/** What a field begins with: the schema's default, or the least that has its type. */
export function emptyValue(schema: unknown, root: Schema, depth = 0): unknown {
  const { own } = resolved(schema, root)
  if ('default' in own) return own.default
  const field = fieldOf(schema, root)
  switch (field.kind) {
    case 'choice':
      return field.values.length === 1 ? field.values[0] : undefined
    case 'list':
      return []
    case 'object': {
      // A schema that holds itself would never end.
      if (depth > 4) return {}
      const entries = field.parts.map((part) => [
        part.name,
        part.isRequired ? emptyValue(part.schema, root, depth + 1) : defaultIn(part.schema, root),
      ])
      return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
    }
    case 'yes-no':
      // A box that is not ticked says no: where an answer has to be there, that is one.
      return false
    default:
      return undefined
  }
}

/** What a schema is called: its title, or its name in words. */
export function titleOf(name: string, schema: unknown): string {
  const { title } = (isSchema(schema) ? schema : {}) as { title?: unknown }
  return typeof title === 'string' && title !== '' ? title : name
}

/** How a value of a choice is written that has no title. */
export function choiceText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A schema with its reference followed, and whether null fits it too. */
export function resolved(schema: unknown, root: Schema): { own: Schema; isNullable: boolean } {
  let own = isSchema(schema) ? schema : {}
  for (let steps = 0; typeof own.$ref === 'string' && steps < 20; steps++) {
    const { $ref, ...beside } = own
    own = { ...at(root, $ref), ...beside }
  }
  if (Array.isArray(own.type)) {
    const types = own.type.filter((type) => type !== 'null')
    return {
      own: { ...own, type: types.length === 1 ? types[0] : undefined },
      isNullable: types.length < own.type.length,
    }
  }
  return { own, isNullable: false }
}

// ---

/** `oneOf` of constants is how JSON Schema gives the values of a choice their titles. */
function namedChoice(variants: readonly unknown[]): Field | undefined {
  const constants = variants.filter((one): one is Schema => isSchema(one) && 'const' in one)
  if (constants.length < variants.length) return undefined
  return {
    kind: 'choice',
    values: constants.map((one) => one.const),
    names: constants.map((one) => ({
      title: titleOf(choiceText(one.const), one),
      ...(typeof one.description === 'string' ? { description: one.description } : {}),
    })),
  }
}

/** In the order of the schema, but first what has to be there. */
function partsOf(schema: Schema): Part[] {
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  const parts = Object.entries(schema.properties as Schema).map(([name, one]) => {
    const part = isSchema(one) ? one : {}
    const description = typeof part.description === 'string' ? { description: part.description } : {}
    return { name, title: titleOf(name, part), schema: part, isRequired: required.has(name), ...description }
  })
  return [...parts.filter(({ isRequired }) => isRequired), ...parts.filter(({ isRequired }) => !isRequired)]
}

function defaultIn(schema: unknown, root: Schema): unknown {
  return resolved(schema, root).own.default
}

function at(root: Schema, pointer: string): Schema {
  let found: unknown = root
  for (const part of pointer.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    found = isSchema(found) && Object.hasOwn(found, key) ? found[key] : undefined
  }
  return isSchema(found) ? found : {}
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
