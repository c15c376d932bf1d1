// The components of the pipeline. A component is an exported function: input in, output out, throw to fail.

/** @typedef {{ value: number, category: string }} Item */

/** @param {{ data: Partial<Item> }} input */
export function validate({ data }) {
  const { value, category } = data
  if (typeof value !== 'number' || value < 0 || value > 200) {
    throw new Error(`value has to be a number from 0 to 200, this is ${JSON.stringify(value)}`)
  }
  if (typeof category !== 'string') throw new Error('category is missing')
  return { validated_data: { value, category } }
}

/** @param {{ data: Item }} input */
export function transform({ data }) {
  return { transformed_data: { ...data, share: data.value / 200 } }
}

/** @param {{ data: Item & { share: number } }} input */
export function enrich({ data }) {
  return { enriched_data: { ...data, label: labels.get(data.category) ?? 'unknown' } }
}

// ---

const labels = new Map([
  ['A', 'standard'],
  ['B', 'express'],
])
