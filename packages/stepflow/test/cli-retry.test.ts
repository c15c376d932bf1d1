// What is tried again, and how often, as a service counts it. The built program against a server on port 0.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { folderWith } from './cli.ts'

let asked = 0
let status = 200
const server = createServer((_, response) => {
  asked++
  response.writeHead(status)
  response.end()
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
afterAll(() => server.close())

const flow = (url: string, retry: string) => `name: t
description: t
steps:
  - { id: a, component: /builtin/http, input: { url: "${url}" }, retry: { delay: 1ms, ${retry} } }
output: { $step: a, path: status }
`
const allowed = 'http: { allow_private: ["127.0.0.1"] }\n'

async function times(answer: number, retry: string): Promise<number> {
  const { run } = folderWith({ 'f.yaml': flow(`http://127.0.0.1:${port}/`, retry), 'stepflow-config.yml': allowed })
  status = answer
  asked = 0
  await run('run', 'f.yaml')
  return asked
}

test.each([
  [401, 'max_attempts: 5', 1],
  [429, 'max_attempts: 3', 3],
  [500, 'max_attempts: 3', 3],
  [401, 'max_attempts: 3, on: [401]', 3],
  [500, 'max_attempts: 3, on: [TIMEOUT, 503]', 1],
])('a service that answers %i is asked under {%s} %i times', async (answer, retry, expected) => {
  expect(await times(answer, retry)).toBe(expected)
})

test('a service that refuses connections is asked as often as retry says, and no attempt beyond that is shown', async () => {
  const { run } = folderWith({
    'f.yaml': flow('http://127.0.0.1:1/', 'max_attempts: 3'),
    'stepflow-config.yml': allowed,
  })

  const { out, err } = await run('run', 'f.yaml')

  expect(JSON.parse(out)).toMatchObject({ outcome: 'failed', error: { code: 'UNREACHABLE', step: 'a' } })
  expect([...err.matchAll(/attempt (\d)/g)].map(([, n]) => n)).toEqual(['1', '2'])
})
