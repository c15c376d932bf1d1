// What gets to a Temporal server and back: large values, secrets, keys, signals of any form, connections by TLS. Real processes;
// runs end with their outcomes, what their components counted, and a replay of their histories.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { extension, installTemporal } from './install-temporal.ts'
import { root } from './stepflow.ts'
import { type RunningWorker, until } from './temporal-cluster.ts'
import { TemporalProject } from './temporal-project.ts'
import { type TlsDoor, tlsDoor } from './tls-door.ts'

const installed = await installTemporal()
if ('missing' in installed) process.stderr.write(`skipped: ${installed.missing}\n`)

const FLOWS: Readonly<Record<string, string>> = {
  big: `
steps:
  - { id: s, component: /mine/big, input: { bytes: { $input: bytes } } }
  - { id: t, component: /mine/length, input: { text: { $step: s, path: text } } }
output: { $step: t }
`,
  secret: `
steps:
  - { id: s, component: /mine/echo, input: { token: { $secret: TOKEN } } }
  - { id: t, component: /mine/leak, input: { token: { $step: s, path: token } }, on_error: { action: continue, default_output: { error: gone } } }
output: { s: { $step: s }, t: { $step: t } }
`,
  leaks: `
steps:
  - { id: t, component: /mine/leak, input: { token: { $secret: TOKEN } } }
output: { $step: t }
`,
  changed: `
steps:
  - { id: s, component: /mine/echo, input: { token: { $template: "Bearer {{ secrets.TOKEN }}" } } }
output: { $step: s }
`,
  ask: `
steps:
  - id: wait
    component: /builtin/wait_for_signal
    input: { name: approve, schema: { type: object, properties: { n: { type: integer } }, required: [n] } }
  - { id: after, component: /mine/double, input: { n: { $step: wait, path: n } } }
output: { $step: after, path: n }
`,
  twice: `
steps:
  - { id: first, component: /builtin/wait_for_signal, input: { name: approve } }
  - { id: second, component: /builtin/wait_for_signal, input: { name: approve }, needs: [first] }
output: [{ $step: first, path: n }, { $step: second, path: n }]
`,
}

describe.skipIf('missing' in installed)('values on a Temporal server', () => {
  const TOKEN = 'hunter2-of-the-tests'
  const KEY = { STEPFLOW_PAYLOAD_KEY: randomBytes(32).toString('base64') }
  const SEALED = { env: KEY, blobs: 'blobs' }
  let project: TemporalProject
  let worker: RunningWorker
  let sealed: RunningWorker

  beforeAll(async () => {
    const found = installed as Exclude<typeof installed, { missing: string }>
    project = await TemporalProject.open(found, FLOWS, { renewAfter: 4_000 })
    const env = { STEPFLOW_SECRET_TOKEN: TOKEN }
    ;[worker, sealed] = await Promise.all([
      project.worker('q', { env }),
      project.worker('sealed', { ...SEALED, env: { ...env, ...KEY } }),
    ])
  }, 120_000)

  afterAll(async () => {
    await project?.close()
  })

  test('a value over 2 MB fails its step where no blobs are kept, and one below does not', async () => {
    const [below, above, far] = await Promise.all(
      [1_900_000, 2_100_000, 50_000_000].map((bytes) => project.run('big', { bytes }, `big-${bytes}`)),
    )

    expect(below).toEqual({ outcome: 'success', result: 1_900_000 })
    for (const [outcome, size] of [
      [above, '2.1 MB'],
      [far, '50.0 MB'],
    ] as const) {
      expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'INVALID_INPUT', step: 's' } })
      expect(outcome).toMatchObject({
        error: {
          message: expect.stringMatching(`the result of step "s" has ${size}, and .*start the workers with --blobs`),
        },
      })
    }
    expect([1_900_000, 2_100_000, 50_000_000].map((bytes) => project.calls(`big ${bytes}`))).toEqual([1, 1, 1])
  })

  test('where blobs are kept, a large value is a reference in the history', async () => {
    const sizes = [1_900_001, 2_100_001, 50_000_001]
    const ids = sizes.map((bytes) => `sealed-${bytes}`)
    for (const [i, bytes] of sizes.entries()) {
      const outcome = await project.run('big', { bytes }, ids[i] as string, 'sealed', SEALED)
      expect(outcome).toEqual({ outcome: 'success', result: bytes })
    }

    expect(sizes.map((bytes) => project.calls(`big ${bytes}`))).toEqual([1, 1, 1])
    for (const id of ids) expect((await project.cluster.everyByte(id)).length).toBeLessThan(100_000)
    const blobs = { STEPFLOW_BLOBS: join(project.cluster.folder, 'blobs') }
    const { out, err } = await project.cluster.replay(ids, [], { ...KEY, ...blobs })
    expect({ out, err }).toEqual({ out: '3 of 3 histories replay\n', err: '' })
  })

  test('a secret is in no byte that the server has, nor is one that a component gives away', async () => {
    expect(await project.run('secret', null, 'secret')).toEqual({
      outcome: 'success',
      result: { s: { token: '[redacted]' }, t: { error: 'gone' } },
    })
    expect(await project.run('leaks', null, 'leaks')).toMatchObject({
      outcome: 'failed',
      error: { message: 'refused: [redacted]' },
    })

    for (const id of ['secret', 'leaks']) {
      const bytes = await project.cluster.everyByte(id)
      expect(bytes).toContain('stepflow.')
      expect(bytes).not.toContain(TOKEN)
      expect(bytes).not.toContain(Buffer.from(TOKEN).toString('base64').slice(0, -4))
    }
    expect(worker.log()).not.toContain(TOKEN)
  })

  test('with a key, a secret may be changed, and nothing of a value or a failure can be read', async () => {
    const [changed, leaks] = await Promise.all([
      project.run('changed', null, 'sealed-secret', 'sealed', SEALED),
      project.run('leaks', null, 'sealed-leak', 'sealed', SEALED),
    ])

    expect(changed).toEqual({ outcome: 'success', result: { token: 'Bearer [redacted]' } })
    expect(leaks).toMatchObject({ outcome: 'failed', error: { message: 'refused: [redacted]' } })
    for (const id of ['sealed-secret', 'sealed-leak']) {
      const bytes = await project.cluster.everyByte(id)
      expect(bytes).toContain('stepflow.')
      for (const text of [TOKEN, 'Bearer', 'refused']) expect(bytes).not.toContain(text)
    }
    const { out } = await project.cluster.replay(['sealed-secret', 'sealed-leak'], [], {
      ...KEY,
      STEPFLOW_BLOBS: join(project.cluster.folder, 'blobs'),
    })
    expect(out).toBe('2 of 2 histories replay\n')
  })

  test('with another key, or none, a command says that the key is not that of the workers', async () => {
    const { cluster } = project
    await project.run('changed', null, 'sealed-other', 'sealed', SEALED)
    const words = [...project.words('sealed'), '--blobs', 'blobs']
    const other = { STEPFLOW_PAYLOAD_KEY: randomBytes(32).toString('base64') }
    const shown = await cluster.run(['runs', 'show', 'sealed-other', ...words], other)
    const without = await cluster.run(['runs', 'show', 'sealed-other', ...words])
    const listed = await cluster.run(['runs', 'list', ...words], other)

    expect(shown.err).toContain('STEPFLOW_PAYLOAD_KEY is not the key of its workers')
    expect(without.err).toContain('set STEPFLOW_PAYLOAD_KEY, as its workers have it')
    expect([shown.code, without.code]).not.toContain(0)
    expect(listed.out).toContain('sealed-other')
    expect(sealed.log()).not.toContain('error:')
  })

  test('a signal of a wrong shape changes nothing, and the run takes the next one', async () => {
    await project.begin('ask', null, 'shapes')
    await project.signal('shapes', 'approve', 'nonsense')
    await project.signal('shapes', 'approve', { n: 'three' })
    await project.signal('shapes', 'approve', { n: 1.5 }, 'about', 'more', 'still more')
    await project.signal('shapes', 'approve')
    await project.signal('shapes', 'another', { n: 4 })
    await project.signal('shapes', 'approve', { n: 30 })

    expect(await project.outcome('shapes')).toEqual({ outcome: 'success', result: 60 })
    expect(project.calls('double 30')).toBe(1)
  })

  test('a signal in an encoding that nobody knows changes nothing, and the run takes the next one', async () => {
    await project.begin('ask', null, 'encoded')
    await rawSignal(project, 'encoded', { encoding: 'binary/nobody-knows' }, 'x')
    await rawSignal(project, 'encoded', {}, 'x')
    await project.signal('encoded', '__temporal_x')
    await rawSignal(project, 'encoded', { encoding: 'json/plain' }, '{"n": ')
    await rawSignal(project, 'encoded', { encoding: 'binary/stepflow-gzip' }, 'not packed')
    await rawSignal(project, 'encoded', { encoding: 'binary/stepflow-aes-256-gcm' }, 'not encrypted')
    await project.signal('encoded', 'approve', { n: 31 })

    expect(await project.outcome('encoded')).toEqual({ outcome: 'success', result: 62 })
    expect(project.calls('double 31')).toBe(1)
    expect(worker.log()).toMatch(/the signal "approve" is left out: .*nobody-knows/)
    expect(worker.log()).not.toContain('error:')
  })

  test('a signal with the id of one that came before counts once', async () => {
    await project.begin('twice', null, 'twice')
    for (const n of [1, 2]) await project.signal('twice', 'approve', { n }, { id: 'same' })
    await project.signal('twice', 'approve', { n: 3 }, { id: 'other' })

    expect(await project.outcome('twice')).toEqual({ outcome: 'success', result: [1, 3] })
  })

  describe('by TLS', () => {
    let door: TlsDoor
    const pem = (name: string) => readFileSync(`${root}/test/certificates/${name}.pem`, 'utf8')
    const [ca, crt, key] = [pem('ca'), pem('cert'), pem('key')]
    const AUTHORITY = { NODE_EXTRA_CA_CERTS: `${root}/test/certificates/ca.pem` }
    const url = () => `temporal://localhost:${door.port}/default?task_queue=tls&tls=true`

    beforeAll(async () => {
      door = await tlsDoor({ to: project.cluster.port, ca, crt, key })
    })
    afterAll(() => door?.close())

    test('a worker and a command with a client certificate do all they do without', async () => {
      const keys = { ...AUTHORITY, TEMPORAL_TLS_CERT: crt, TEMPORAL_TLS_KEY: key }
      const there = await project.cluster.worker(['--engine', url()], keys)
      const words = ['flows/big.yaml', '--input-json', '{"bytes": 7}', '--idempotency-key', 'tls', '--engine', url()]
      const { out, err } = await project.cluster.run(['submit', ...words], keys)

      expect({ out, err: err.includes('error') }).toEqual({ out: '{"outcome":"success","result":7}\n', err: false })
      expect(door.certificates()).toEqual(new Set(['localhost']))
      expect(await there.stop()).toBe(0)
    })

    test('an API key goes with each request, and a server that refuses it is reported', async () => {
      door.refuse()
      const words = ['runs', 'list', '--engine', url().replace('&tls=true', '')]
      const refused = await project.cluster.run(words, { ...AUTHORITY, TEMPORAL_API_KEY: 'of-the-tests' })

      expect(refused.err).toMatch(/the Temporal server at localhost:\d+, .* refuses: the key is not known/)
      expect(refused.err).not.toContain('of-the-tests')
      expect(refused.code).not.toBe(0)
      expect(door.keys()).toEqual(new Set(['Bearer of-the-tests']))
    })

    test('a server whose certificate nobody vouches for is not spoken to', async () => {
      const { code, err } = await project.cluster.run(['runs', 'list', '--engine', url()], { NODE_EXTRA_CA_CERTS: '' })

      expect(code).toBe(3)
      expect(err).toMatch(/no Temporal server answers at localhost:\d+: .*(certificate|self-signed)/i)
    })
  })

  test('every history replays', async () => {
    await until(() => worker.child.exitCode === null)
    const { out, err, code } = await project.replay()
    expect(err).toBe('')
    expect(out).toMatch(/^(\d+) of \1 histories replay\n$/)
    expect(code).toBe(0)
  })
})

// ---

/** One that no client of Temporal makes. */
async function rawSignal(
  { cluster }: TemporalProject,
  workflowId: string,
  metadata: Readonly<Record<string, string>>,
  data: string,
): Promise<void> {
  const { Connection } = createRequire(`${extension}/package.json`)('@temporalio/client')
  const connection = await Connection.connect({ address: `127.0.0.1:${cluster.port}` })
  const encoded = Object.fromEntries(Object.entries(metadata).map(([name, text]) => [name, Buffer.from(text)]))
  await connection.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    signalName: 'approve',
    input: { payloads: [{ metadata: encoded, data: Buffer.from(data) }] },
  })
  await connection.close()
}
