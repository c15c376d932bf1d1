import { createMemoryStore, FlowError, type JournalEntry, KnownSecrets, type Plan } from '@stepflow/engine'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defaultConfig } from '../src/config/config.ts'
import { exportRun } from '../src/history/export-run.ts'
import { importRun } from '../src/history/import-run.ts'
import { createRunReader } from '../src/history/run-reader.ts'
import { type Wired, wire } from '../src/wire.ts'

const store = () => createMemoryStore()
let wired: Wired

beforeEach(async () => {
  wired = await wire(defaultConfig('/'), { env: {}, flowDirectory: '/', store: store() })
})
afterEach(() => wired.close())

const knowing = (secrets: string[]) => ({ known: new KnownSecrets(secrets), refresh: async () => {} })

/** A batch whose items answer with what the schema marks secret in them, in their results and in a failure. */
async function secretBatch(): Promise<string> {
  const { compileValue } = await import('@stepflow/dialects')
  const { plan } = compileValue({
    name: 'echo',
    schemas: {
      type: 'object',
      properties: {
        input: { type: 'object', properties: { password: { type: 'string', is_secret: true } } },
        variables: { type: 'object', properties: { token: { type: 'string', is_secret: true } } },
      },
    },
    steps: [
      {
        id: 'echo',
        component: '/builtin/noop',
        input: { password: { $input: 'password' }, token: { $variable: 'token' }, key: { $input: 'key' } },
      },
    ],
    output: { $step: 'echo' },
  })
  if (!plan) throw new Error('the flow of this test is not valid')
  const inputs = [
    { password: 'password-of-item-0', key: 'process-key' },
    { password: 'password-of-item-1', key: 'process-key' },
  ]
  const run = await wired.engine.submit(plan, inputs, {
    variables: { token: 'token-of-the-run' },
    labels: { note: 'process-key' },
  })
  await run.ended
  return run.id
}

const SECRET = /password-of-item|token-of-the-run|process-key/

test('nothing that is read through the door holds a secret of the schema or of the process', async () => {
  const id = await secretBatch()
  const reader = createRunReader(wired.store, knowing(['process-key']))
  const recorded = await reader.open(id)
  const read = [
    await reader.list(),
    recorded.row,
    await recorded.items(0, 10),
    await recorded.entriesOf(1),
    await exportRun(recorded, '0.0.0'),
  ]

  for (const one of read) expect(JSON.stringify(one)).not.toMatch(SECRET)
  expect(JSON.stringify(read)).toContain('[redacted]')
})

test('a page of results is redacted by the inputs of its own items, whatever was read before', async () => {
  const id = await secretBatch()
  const [first] = await (await createRunReader(wired.store, knowing([])).open(id)).items(1, 1)

  expect(first?.item).toBe(1)
  expect(JSON.stringify(first)).not.toMatch(/password-of-item/)
})

test('the entries of an item end with how it ended, once', async () => {
  const recorded = await createRunReader(wired.store, knowing([])).open(await secretBatch())
  const ends = (entries: readonly JournalEntry[]) => entries.filter(({ type }) => type === 'finished').length

  expect(ends(await recorded.entriesOf(0))).toBe(1)
  expect((await recorded.entriesOf(0)).at(-1)).toMatchObject({ type: 'finished', outcome: { outcome: 'success' } })
})

test('what is exported from one store can be imported into another, and reads the same there', async () => {
  const id = await secretBatch()
  const recorded = await createRunReader(wired.store, knowing(['process-key'])).open(id)
  const other = store()
  const text = JSON.stringify(await exportRun(recorded, '0.0.0'))

  const reader = createRunReader(other, knowing([]))
  expect(await importRun(other, reader, text, 'run.json')).toEqual({ run: id, isNew: true })
  expect(await (await createRunReader(other, knowing([])).open(id)).items(0, 10)).toEqual(await recorded.items(0, 10))
})

test('an export of a run that the store has is no error, unless it differs', async () => {
  const id = await secretBatch()
  const reader = createRunReader(wired.store, knowing(['process-key']))
  const text = JSON.stringify(await exportRun(await reader.open(id), '0.0.0'))
  const other = store()
  const otherReader = createRunReader(other, knowing([]))
  await importRun(other, otherReader, text, 'run.json')

  const same = { run: id, isNew: false }
  expect(await importRun(wired.store, reader, text, 'run.json')).toEqual(same)
  expect(await importRun(other, otherReader, text, 'run.json')).toEqual(same)
  const edited = text.replace('"item":0', '"item":1')
  const refused = importRun(other, otherReader, edited, '"edited.json"')
  await expect(refused).rejects.toThrow(
    `this store already has run ${id}, and "edited.json" differs from it: import it into another store, or remove the run first`,
  )
})

test('a run that is not there is NOT_FOUND, and a near one is named', async () => {
  const id = await secretBatch()
  const error = await createRunReader(wired.store, knowing([]))
    .open(`${id.slice(0, -1)}`)
    .catch((thrown: unknown) => thrown)

  expect(FlowError.is(error) && error.code).toBe('NOT_FOUND')
  expect((error as Error).message).toContain(`Did you mean ${id}?`)
})

test('the failure that stands in the row of a run holds no secret of the process', async () => {
  const plan = { name: 'p', steps: [], entry: 0, exit: 0, onFailure: 'stop' } as const
  const outcome = { outcome: 'failed', error: { code: 'COMPONENT_FAILED', message: 'refused process-key' } } as const
  const entries: JournalEntry[] = [
    { type: 'created', at: 1, run: 'r', plan, from: 0, inputs: [1] },
    { type: 'sealed', at: 1, items: 1 },
    { type: 'finished', at: 2, item: 0, outcome },
  ]
  await wired.store.append({ journal: 'r/0', after: 0, entries })
  const reader = createRunReader(wired.store, knowing(['process-key']))

  expect((await reader.list()).rows[0]?.error).toEqual({
    item: 0,
    code: 'COMPONENT_FAILED',
    message: 'refused [redacted]',
  })
  expect((await reader.open('r')).row.error?.message).toBe('refused [redacted]')
})

test('what conditions read is evaluated again, with defaults and without secrets; inside a loop, with its element', async () => {
  const { compileValue } = await import('@stepflow/dialects')
  const when = (template: string) => ({ when: { $template: template }, component: '/builtin/noop' })
  const { plan } = compileValue({
    name: 'reads',
    schemas: {
      properties: {
        input: {
          type: 'object',
          properties: { tier: { type: 'string', default: 'basic' }, pin: { type: 'integer', is_secret: true } },
        },
      },
    },
    steps: [
      { id: 'gold', ...when("{{ inputs.tier == 'gold' }}"), input: 1 },
      { id: 'pin', component: '/builtin/noop', skip_if: { $input: 'pin' }, input: 1 },
      { id: 'each', for_each: [1, 2], ...when('{{ item > 1 }}'), input: { $item: '$' } },
    ],
  })
  if (!plan) throw new Error('the flow of this test is not valid')
  const run = await wired.engine.submit(plan, [{ pin: 1234 }])
  await run.ended

  const recorded = await createRunReader(wired.store, knowing([])).open(run.id)
  const [gold, pin, each] = await recorded.visitsOf(0)
  const valuesOf = async (row: typeof gold, inside?: string) => row && (await recorded.readsOf(0, row, inside))?.values

  expect(await valuesOf(gold)).toEqual({ input: { tier: 'basic', pin: '[redacted]' } })
  expect(await valuesOf(pin)).toEqual({ 'input.pin': '[redacted]' })
  const inside = await recorded.visitsOf(0, each?.inside)
  expect(inside.map(({ element, stepId, status }) => [element, stepId, status])).toEqual([
    [0, 'each', 'skipped'],
    [1, 'each', 'success'],
  ])
  expect(await valuesOf(inside[0], each?.inside)).toMatchObject({ 'input.item': 1 })
  expect(await recorded.readsOf(0, inside[1] as NonNullable<typeof gold>, each?.inside)).toMatchObject({ input: 2 })
})

test('the steps of a flow that a step was given as a value have their names, inside', async () => {
  const { compileValue } = await import('@stepflow/dialects')
  const inner = {
    steps: [{ id: 'greet', component: '/builtin/noop', input: { $input: '$' } }],
    output: { $step: 'greet' },
  }
  const { plan } = compileValue({
    name: 'outer',
    steps: [{ id: 'all', component: '/builtin/map', input: { flow: { $literal: inner }, items: { $input: 'names' } } }],
  })
  if (!plan) throw new Error('the flow of this test is not valid')
  await wired.close()
  wired = await wire(defaultConfig('/'), {
    env: {},
    flowDirectory: '/',
    store: store(),
    plan: (flow) => compileValue(flow).plan as Plan, // valid as it stands above
  })
  const run = await wired.engine.submit(plan, [{ names: ['Ada', 'Grace'] }])
  await run.ended

  const recorded = await createRunReader(wired.store, knowing([])).open(run.id)
  const [all] = await recorded.visitsOf(0)

  expect((await recorded.visitsOf(0, all?.inside)).map(({ element, stepId }) => [element, stepId])).toEqual([
    [0, 'greet'],
    [1, 'greet'],
  ])
})
