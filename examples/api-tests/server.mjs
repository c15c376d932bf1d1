// The API under test, as small as can be: node server.mjs [PORT]. Prints its address, ends with Ctrl-C.
import { createServer } from 'node:http'

const answers = new Map([
  ['/health', { status: 'ok' }],
  ['/users', [{ name: 'Ada' }, { name: 'Grace' }]],
])

const server = createServer((request, response) => {
  const answer = answers.get(new URL(request.url ?? '/', 'http://localhost').pathname)
  response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' })
  response.end(JSON.stringify(answer ?? { error: 'not found' }))
})

server.listen(Number(process.argv[2] ?? 8790), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`http://127.0.0.1:${port}`)
})
