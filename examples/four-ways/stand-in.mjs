// The shop that the steps ask and tell, as small as can be: node stand-in.mjs [PORT]. Prints its address; Ctrl-C ends it.

import { createServer } from 'node:http'

const customers = new Map([
  ['c1', { name: 'Ada', years: 6 }],
  ['c2', { name: 'Grace', years: 0 }],
])
const orders = new Map([
  ['c1', [{ total: 120 }, { total: 80 }]],
  ['c2', [{ total: 15 }]],
])

const server = createServer(async (request, response) => {
  const [, kind, id] = new URL(request.url ?? '/', 'http://localhost').pathname.split('/')
  const found = kind === 'customers' ? customers.get(id ?? '') : kind === 'orders' ? orders.get(id ?? '') : undefined
  let body = ''
  for await (const chunk of request) body += chunk
  const answer = kind === 'messages' && request.method === 'POST' ? { sent: JSON.parse(body).text } : found
  response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' })
  response.end(JSON.stringify(answer ?? { error: `there is no ${kind} ${id}` }))
})

server.listen(Number(process.argv[2] ?? 8791), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`http://127.0.0.1:${port}`)
})
