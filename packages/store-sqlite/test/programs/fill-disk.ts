// Appends rows of 100 kB until one fails, then says what is there.

import type { JournalEntry } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'

async function main(path: string): Promise<void> {
  const store = await createSqliteStore({ path })
  const created: JournalEntry = { type: 'created', at: 1, run: 'r', from: 0, inputs: Array(1000).fill(1) }
  await store.append({ journal: 'r/0', after: 0, entries: [created] })
  let written = 1
  try {
    for (; ; written++) {
      const outcome = { outcome: 'success', result: 'x'.repeat(100_000) } as const
      await store.append({
        journal: 'r/0',
        after: written,
        entries: [{ type: 'finished', at: 2, item: written, outcome }],
      })
    }
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    const rows = (await store.read('r/0')).length
    const items = (await store.runs.items('r')).length
    const small: JournalEntry = { type: 'claimed', at: 3, driver: 'd' }
    const smallAfterwards = await append(store, { journal: 'r/0', after: written, entries: [small] })
    console.log(JSON.stringify({ code, message, written, rows, items, smallAfterwards }))
  }
  process.exit(0)
}

async function append(store: Awaited<ReturnType<typeof createSqliteStore>>, batch: Parameters<typeof store.append>[0]) {
  try {
    await store.append(batch)
    return 'written'
  } catch (error) {
    return String(error)
  }
}

main(process.argv[2] as string)
