// A value that is a few plain facts, such as what an order is about: names and short texts.

/** Names and texts; undefined for what is more than that. */
export function factsOf(value: unknown): readonly (readonly [name: string, text: string])[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const entries = Object.entries(value)
  if (entries.length === 0 || entries.length > MOST_FACTS) return undefined
  if (!entries.every(([name, one]) => name.length <= MOST_NAME && isPlain(one))) return undefined
  return entries.map(([name, one]) => [name, typeof one === 'string' ? one : JSON.stringify(one)] as const)
}

// ---

const MOST_FACTS = 12
const MOST_NAME = 32
const MOST_TEXT = 200

function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= MOST_TEXT && !/[\n\t]/.test(value)
  return typeof value === 'number' || typeof value === 'boolean' || value === null
}
