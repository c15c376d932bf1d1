// Takes journals in hand and never lets go.

import { createSqliteStore } from '@stepflow/store-sqlite'

async function main(path: string): Promise<void> {
  const store = await createSqliteStore({ path })
  for (const run of ['a', 'b', 'c']) {
    await store.append({
      journal: `${run}/0`,
      after: 0,
      entries: [{ type: 'created', at: 1, run, from: 0, inputs: [1] }],
    })
  }
  store.work(() => new Promise(() => {}))
  await store.append({
    journal: 'woken/0',
    after: 0,
    entries: [{ type: 'created', at: 1, run: 'woken', from: 0, inputs: [1] }],
    wakes: [{ journal: 'woken/0', at: 0 }],
  })
  console.log('held')
  setInterval(() => {}, 1000)
}

main(process.argv[2] as string)
