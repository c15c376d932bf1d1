// The OpenAPI document, and the page that shows it.

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startServer } from './start-server.ts'

test('describes every route, each with a name of its own and who may call it', async () => {
  const { call } = await startServer()

  const { body } = await call('GET', '/openapi.json')
  const operations = Object.values<any>(body.paths).flatMap((path) => Object.values<any>(path))

  expect(body.openapi).toBe('3.1.0')
  expect(operations.length).toBeGreaterThan(5)
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
  for (const operation of operations) {
    expect(operation.summary, operation.operationId).toBeTruthy()
    expect(operation.tags?.length, operation.operationId).toBe(1)
    expect(operation.security.length === 0 || operation['x-access'] !== undefined, operation.operationId).toBe(true)
  }
})

test('is sound: redocly finds nothing in it, with its recommended rules', async () => {
  const { call, folder } = await startServer()
  const { body } = await call('GET', '/openapi.json')
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(body))

  const program = createRequire(import.meta.url).resolve('@redocly/cli/bin/cli.js')
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  const words = [program, 'lint', 'openapi.json', '--format=json']
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: folder, env }).catch((error) => error)

  expect(JSON.parse(stdout)).toMatchObject({ totals: { errors: 0, warnings: 0 }, problems: [] })
})

test('is shown by a page that loads nothing from elsewhere', async () => {
  const { url } = await startServer({ basePath: '/flows' })

  const page = await (await fetch(`${url}/api/docs`)).text()
  const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file as string)

  expect(files.length).toBe(3)
  for (const file of files) {
    const answer = await fetch(new URL(file, url))
    expect(answer.status, file).toBe(200)
    await answer.body?.cancel()
  }
})
