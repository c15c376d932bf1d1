// Runs on a Temporal server that are longer than a history may be: renewed again and again, they call nothing twice. Both at
// once, on one worker.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installTemporal } from './install-temporal.ts'
import { TemporalProject } from './temporal-project.ts'

const installed = await installTemporal()
if ('missing' in installed) process.stderr.write(`skipped: ${installed.missing}\n`)

const ROW = 1_000
const LIST = 10_000

const FLOWS: Readonly<Record<string, string>> = {
  row: `
steps:
${Array.from({ length: ROW }, (_, i) => `  - { id: s${i}, component: /mine/next, input: { n: ${i === 0 ? '{ $input: n }' : `{ $step: s${i - 1} }`}, of: row } }`).join('\n')}
output: { $step: s${ROW - 1} }
`,
  list: `
steps:
  - { id: each, component: /mine/next, for_each: { $input: list }, input: { n: { $item: $ }, of: list } }
output: { $step: each }
`,
}

describe.skipIf('missing' in installed)('long runs on a Temporal server', () => {
  let project: TemporalProject

  beforeAll(async () => {
    const found = installed as Exclude<typeof installed, { missing: string }>
    project = await TemporalProject.open(found, FLOWS, { renewAfter: 4_000 })
    await project.worker()
    const list = Array.from({ length: LIST }, (_, n) => n)
    await Promise.all([project.begin('row', { n: 0 }, 'row'), project.begin('list', { list }, 'list')])
  }, 120_000)

  afterAll(async () => {
    await project?.close()
  })

  test.each([
    ['1,000 steps in a row', 'row', ROW, ROW],
    ['an element for each of a list of 10,000', 'list', LIST, Array.from({ length: LIST }, (_, n) => n + 1)],
  ])('%s: each is called once', { timeout: 300_000 }, async (_, id, count, result) => {
    expect(await project.outcome(id)).toEqual({ outcome: 'success', result })

    const called = project.cluster.lines(`called-${id}.txt`).map(Number)
    expect(called.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n))
    expect((await project.cluster.history(id)).text).toContain('"continuedExecutionRunId": "')
  })

  test('every history replays, of all their parts', { timeout: 120_000 }, async () => {
    const { out, err } = await project.replay()
    expect(err).toBe('')
    expect(out).toMatch(/^(\d+) of \1 histories replay\n$/)
  })
})
