// /analytics/*: short reports, one of them over data in a blob.

/** @param {{ user_data: { name: string } }} input */
export function behavior({ user_data }) {
  return { summary: `${user_data.name} comes here often` }
}

/** @param {{ user_data: { user_id: string } }} input */
export function premium({ user_data }) {
  return { user_id: user_data.user_id, report: 'everything' }
}

/** @param {{ user_data: { user_id: string } }} input */
export function basic({ user_data }) {
  return { user_id: user_data.user_id, report: 'the basics' }
}

/**
 * Counts the rows of a blob that a filter such as `category=A` lets through.
 * @param {{ data_blob: string, filter: string }} input
 * @param {{ getBlob(id: string): Promise<Record<string, unknown>[]> }} context
 */
export async function process({ data_blob, filter }, context) {
  const [field, value] = filter.split('=')
  const rows = await context.getBlob(data_blob)
  return { filter, count: rows.filter((row) => row[field] === value).length }
}
