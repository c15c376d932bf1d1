// What a test asks a database itself, beside the store.

import pg from 'pg'

/** The rows of one text; by a session of its own. */
export async function rowsOf(url: string, text: string): Promise<any[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
