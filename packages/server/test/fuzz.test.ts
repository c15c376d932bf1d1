// Whatever a program makes of the OpenAPI document: no fault of ours, no hang, and every answer as the document has it.

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Log } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { pythonOf } from '../../host/test/released-environments.ts'
import { ECHO, startServer, WAITS } from './start-server.ts'

const SEED = 20_261_130
/** An answer that takes longer is a hang; the machine may be busy. */
const REQUEST_S = 30

test('schemathesis finds no fault, no hang and no answer that is not described', { timeout: 600_000 }, async ({
  skip,
}) => {
  const found = await pythonOf('schemathesis', ['schemathesis==4.32.5'])
  if ('missing' in found) return skip(found.missing)
  const faults: string[] = []
  const log: Log = (level, message) => {
    if (level === 'error') faults.push(message)
  }
  const files = { 'flows/echo.yaml': ECHO, 'flows/waits.yaml': WAITS }
  const { url, folder, call } = await startServer({ files, log })
  const batch = { flow: ECHO, inputs: [{ n: 1 }, {}, { n: 'x'.repeat(300_000) }] }
  const started = await Promise.all([
    call('POST', '/runs', { ...batch, wait: true, labels: { a: 'b' } }),
    call('POST', '/runs', { flow: ECHO, input: { n: 1 }, wait: true }),
    call('POST', '/runs', { flowName: 'waits', input: {} }),
    call('POST', '/runs', { flowName: 'waits', input: {} }),
  ])
  const { waits } = (await call('GET', '/waits')).body
  const { blobId } = (await call('POST', '/blobs', { data: { a: 1 } })).body
  // Without one, most of what it sends has a token of its own making, and is refused at the door.
  const { token } = (await call('POST', '/tokens', { role: 'admin' })).body
  const config = configOf({
    'path.runId': started.map(({ body }) => body.runId),
    'path.flow': ['echo', 'waits', started[0]?.body.flowId],
    'path.name': ['go'],
    'path.step': ['a', 'ask'],
    'path.item': [0, 1, 2],
    'path.version': [1],
    'path.waitId': waits.map(({ id }: { id: string }) => id),
    'path.blobId': [blobId, started[0]?.body.flowId],
  })
  writeFileSync(join(folder, 'schemathesis.toml'), config)

  const words = ['-m', 'schemathesis.cli', '--config-file=schemathesis.toml', 'run', `${url}/api/v1/openapi.json`]
  const bounds = ['--phases=coverage,fuzzing', '--max-examples=8', `--seed=${SEED}`, `--request-timeout=${REQUEST_S}`]
  const asAdmin = ['--header', `Authorization: Bearer ${token}`]
  const options = [...words, ...bounds, ...asAdmin, `--checks=${CHECKS}`, ...ENDLESS, '--no-shrink', '--no-color']
  const ended = await promisify(execFile)(found.python, options, { cwd: folder, maxBuffer: 2 ** 26 }).catch(
    (error) => error,
  )

  expect(ended.code ?? 0, `${ended.stdout}${ended.stderr}`).toBe(0)
  expect(faults).toEqual([])
  expect((await call('GET', '/health')).status).toBe(200)
})

// ---

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'unsupported_method',
]

/** Answers that go on for as long as their client stays, or the run. */
const ENDLESS = ['getEvents', 'getRunEvents', 'getResults'].flatMap((id) => ['--exclude-operation-id', id])

/** What is there is asked for in half of the requests; the others ask for what a program thinks up. */
function configOf(values: Readonly<Record<string, readonly unknown[]>>): string {
  const entries = Object.entries(values)
  const name = (key: string) => key.replace('.', '_')
  return [
    ...['[dictionaries]', ...entries.map(([key, some]) => `${name(key)} = { values = ${JSON.stringify(some)} }`)],
    ...['[parameters]', ...entries.map(([key]) => `"${key}" = { dictionary = "${name(key)}", probability = 0.5 }`)],
  ].join('\n')
}
