// Another node: watches these runs, and says when it heard of each of their rows. Arguments: the store's address, and the runs.

import { createPostgresStore } from '../../packages/store-postgres/dist/index.js'

const [url, ...runs] = process.argv.slice(2)
const store = await createPostgresStore({ url })
let heard = []
for (const run of runs) store.watch({ run }, ({ journal, seq }) => heard.push([`${journal} ${seq}`, Date.now()]))
// What is asked after a watch began is answered once it has begun.
await store.read(`${runs[0]}/0`)
process.on('message', () => {
  process.send(heard)
  heard = []
})
process.on('disconnect', () => process.exit(0))
process.send({ isReady: true })
