// A server whose disk is full: a real one of a few megabytes, made of memory, where the system lets us mount it.

import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ECHO, startServer } from './start-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-full-server-'))
const hasDisk = mount()
afterAll(() => {
  if (hasDisk) execFileSync('umount', ['-l', folder])
  rmSync(folder, { recursive: true, force: true })
})

test.skipIf(!hasDisk)(
  'on a full disk all that would be kept is refused with 503, nothing is half there, and with room it goes on',
  async () => {
    const disk = join(folder, 'place')
    mkdirSync(disk)
    const { call } = await startServer({ folder: disk, files: { 'flows/echo.yaml': ECHO } })
    const run = { flowName: 'echo', input: { n: 1 }, wait: true }
    const saved = { base: 1, text: `${ECHO}# changed\n` }
    const before = await call('POST', '/runs', run)
    expect(before.status).toBe(200)
    fill()

    const refused = await Promise.all([
      call('POST', '/runs', run),
      call('POST', '/runs', { ...run, idempotencyKey: 'once' }),
      call('POST', '/runs', { flow: ECHO, inputs: [{ n: 1 }, { n: 2 }] }),
      call('POST', '/runs?flowName=echo', '{"n":1}\n', { 'content-type': 'application/x-ndjson' }),
      call('POST', `/runs/${before.body.runId}/rerun`, {}),
      call('POST', '/flows', { flow: ECHO.replace('echo', 'other') }),
      call('PUT', '/flows/echo', saved),
      call('PUT', '/flows/third', { base: 0, text: ECHO.replace('echo', 'third') }),
      call('PUT', '/secrets/KEY', { value: 'hunter2hunter2' }),
      call('POST', '/tokens', { role: 'viewer' }),
      call('POST', '/blobs', { data: 'x'.repeat(100_000) }),
      call('POST', '/blobs', 'x'.repeat(100_000), { 'content-type': 'application/octet-stream' }),
    ])

    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
      refused.map(() => [503, 'RESOURCE_UNAVAILABLE']),
    )
    expect(refused.every(({ headers }) => Number(headers.get('retry-after')) > 0)).toBe(true)
    expect((await call('GET', '/runs')).body.total).toBe(1)
    expect((await call('GET', '/flows')).body.flows.map(({ name }: { name: string }) => name)).toEqual(['echo'])
    expect((await call('GET', '/secrets')).body.secrets).toEqual([])
    expect((await call('GET', '/tokens')).body.tokens).toEqual([])
    expect(readdirSync(join(disk, 'flows'))).toEqual(['echo.yaml'])
    expect(readFileSync(join(disk, 'flows/echo.yaml'), 'utf8')).toBe(ECHO)

    empty()

    expect((await call('POST', '/runs', { ...run, idempotencyKey: 'once' })).body.result).toEqual({
      outcome: 'success',
      result: 1,
    })
    expect((await call('PUT', '/flows/echo', saved)).status).toBe(200)
    expect((await call('PUT', '/secrets/KEY', { value: 'hunter2hunter2' })).status).toBe(200)
    await expect.poll(async () => (await call('GET', '/runs?status=queued,running')).body.total).toBe(0)
  },
)

// ---

function mount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function fill(): void {
  const fd = openSync(join(folder, 'filler'), 'w')
  try {
    for (;;) writeSync(fd, Buffer.alloc(4096))
  } catch {
    closeSync(fd)
  }
}

function empty(): void {
  rmSync(join(folder, 'filler'))
}
