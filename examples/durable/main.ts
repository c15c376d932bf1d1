// Runs an order whose state is kept in a file. Started again after whatever ended it, it goes on where it was.

import { createEngine } from 'stepflow'
import { createSqliteStore } from 'stepflow/sqlite'
import { order } from './order.ts'

const [id = 'order-17', path = '.stepflow/orders.db'] = process.argv.slice(2)
const store = await createSqliteStore({ path })
const engine = createEngine({ store, flows: [order] })

const isKnown = (await store.runs.get(id)) !== undefined
console.log(`${id}: ${isKnown ? 'is known, goes on' : 'is new'}`)
const handle = isKnown ? await engine.resume(id) : await engine.submit(order, [{ article: 'chair', pieces: 4 }], { id })

for await (const { outcome } of handle.results()) console.log(JSON.stringify(outcome))
await engine.close()
await store.close()
