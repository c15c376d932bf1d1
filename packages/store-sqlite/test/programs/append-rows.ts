// Appends so many rows each to journals of its own and, with others like it, to one that they share.

import { FlowError, type JournalEntry } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'

async function main(path: string, name: string, rows: number): Promise<void> {
  const store = await createSqliteStore({ path })
  const own = Array.from({ length: 4 }, (_, index) => fill(`${name}-${index}/0`))
  await Promise.all([...own, share()])
  await store.close()

  async function fill(journal: string): Promise<void> {
    for (let after = 0; after < rows; after++) await store.append({ journal, after, entries: [entry(journal, after)] })
  }

  async function share(): Promise<void> {
    for (let written = 0; written < rows; ) {
      const after = (await store.read('shared/0')).length
      try {
        await store.append({ journal: 'shared/0', after, entries: [entry('shared/0', after)] })
        written++
      } catch (error) {
        if (!FlowError.is(error) || error.code !== 'CONFLICT') throw error
      }
    }
  }
}

function entry(journal: string, after: number): JournalEntry {
  if (after === 0) return { type: 'created', at: 1, run: journal.slice(0, -2), from: 0, inputs: [1] }
  return { type: 'claimed', at: after, driver: `${process.pid}` }
}

const [path, name, rows] = process.argv.slice(2) as [string, string, string]
main(path, name, Number(rows))
