// /data/*: loading, checking, merging and processing of small records.

/** @typedef {Record<string, unknown>} Row */

const sources = new Map([
  ['required_data_source', [{ id: 1, category: 'A' }]],
  ['spare_data_source', [{ id: 2, category: 'B' }]],
  ['massive_dataset', Array.from({ length: 1000 }, (_, id) => ({ id, category: id % 4 === 0 ? 'A' : 'B' }))],
])

/** @param {{ source: string }} input */
export function load({ source }) {
  const rows = sources.get(source)
  if (!rows) throw new Error(`there is no data source "${source}"`)
  return rows
}

/** Sorts the rows of a loaded file by whether they have every field that the schema requires.
 * @param {{ data: { data: Row[] }, schema: { required: string[] } }} input */
export function validate({ data, schema }) {
  /** @param {Row} row */
  const isValid = (row) => schema.required.every((field) => field in row)
  return { valid: data.data.filter(isValid), invalid: data.data.filter((row) => !isValid(row)).length }
}

/**
 * Of two flows: checked rows in one, required and optional ones in the other.
 * @param {{ validated_data?: { valid: Row[], invalid: number }, required_data?: Row[], optional_data?: Row[] | {} }} input
 */
export function process({ validated_data, required_data = [], optional_data = [] }) {
  if (validated_data) return { processed: validated_data.valid.length, left_out: validated_data.invalid }
  const optional = Array.isArray(optional_data) ? optional_data : []
  return { processed: required_data.length + optional.length, with_optional_data: optional.length > 0 }
}

/** @param {Record<string, { body: Row }>} sources */
export function merge(sources) {
  return Object.assign({}, ...Object.values(sources).map((source) => source.body))
}
