import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openProject } from '../src/index.ts'

const SCHEMA = `input_schema:
  type: object
  properties:
    n: { type: integer, minimum: 1 }
    at: { type: object, properties: { w: {} }, additionalProperties: false }
  required: [n]
`

const FLOW = (trigger: string, schema: string) => `name: timed
description: runs by itself
triggers:
  - { mcp: timed }
  - ${trigger}
steps: [{ id: a, component: /builtin/noop }]
${schema}`

async function findings(trigger: string, schema = '') {
  const cwd = await mkdtemp(join(tmpdir(), 'stepflow-schedules-'))
  onTestFinished(() => rm(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'timed.yaml'), FLOW(trigger, schema))
  const project = await openProject({ file: 'timed.yaml', cwd, env: {}, purpose: 'check' })
  onTestFinished(() => project.close())
  return project.diagnostics
}

test.each([
  ['{ schedule: "0 0 30 2 *" }', '"0 0 30 2 *" never fires'],
  ['{ schedule: "0 0 * *" }', '"0 0 * *" has 4 fields'],
  ['{ schedule: "0 0 * * *", timezone: Mars/Olympus }', '"Mars/Olympus" is no time zone'],
  ['{ schedule: "CRON_TZ=UTC 0 0 * * *", timezone: Europe/Berlin }', 'differ'],
  ['{ schedule: "0 0 * * *", jitter: 25h }', '"jitter" is "25h"'],
])('the trigger %s of a flow is an error in its line: %s', async (trigger, reason) => {
  const found = await findings(trigger)

  expect(found).toMatchObject([
    { code: 'INVALID_TRIGGER', level: 'error', file: 'timed.yaml', line: 5, column: 5, path: '$.triggers[1]' },
  ])
  expect(found[0]?.message).toContain(`the schedule of triggers[1] cannot be kept: `)
  expect(found[0]?.message).toContain(reason)
})

test('behind a trigger that is wrong, others are told by the places that they have in the list', async () => {
  const found = await findings('{ webhook: a/b, secret: S }\n  - { schedule: "0 0 30 2 *" }')

  expect(found.map(({ path, message }) => [path, message.match(/triggers\[\d\]/)?.[0]])).toEqual([
    ['$.triggers[1].webhook', 'triggers[1]'],
    ['$.triggers[2]', 'triggers[2]'],
  ])
})

test.each([
  ['{ schedule: "CRON_TZ=Europe/Berlin 0 0 29 2 *", jitter: 1h, catch_up: 1000 }'],
  ['{ schedule: "*/5 * * * * *" }'],
])('nothing is wrong with the trigger %s', async (trigger) => {
  expect(await findings(trigger)).toEqual([])
})

test.each([
  ['{ schedule: "0 0 * * *" }', '$.n is required'],
  ['{ schedule: "0 0 * * *", input: { n: one } }', '$.n must be a whole number, is text'],
  ['{ schedule: "0 0 * * *", input: { n: "{{ trigger.time }}" } }', '$.n must be a whole number, is text'],
  ['{ webhook: w, secret: s, input: { n: one } }', '$.n must be a whole number, is text'],
  ['{ webhook: w, secret: s, input: { m: "{{ trigger.body }}" } }', '$.n is required'],
  [
    '{ webhook: w, secret: s, input: { n: "{{ trigger.body }}", at: { q: 1, w: "{{ trigger.body }}" } } }',
    '$.at.q is not',
  ],
])('an input of %s never fits, which is an error in the line of the trigger: %s', async (trigger, reason) => {
  const found = await findings(trigger, SCHEMA)

  expect(found).toMatchObject([{ code: 'INVALID_TRIGGER', level: 'error', line: 5, path: '$.triggers[1]' }])
  expect(found[0]?.message).toContain("the input of triggers[1] never fits the flow's schema: ")
  expect(found[0]?.message).toContain(reason)
})

test.each([
  ['{ schedule: "0 0 * * *", input: { n: 1 } }'],
  ['{ schedule: "0 0 * * *", input: { n: "{{ trigger.time[8:10] | int }}" } }'],
  // Only on some days.
  ['{ schedule: "0 0 * * *", input: { n: "{{ (trigger.time[8:10] | int) - 3 }}" } }'],
  ['{ webhook: w, secret: s }'],
  ['{ webhook: w, secret: s, input: "{{ trigger.body }}" }'],
  ['{ webhook: w, secret: s, input: { n: { $template: "{{ trigger.body.n }}" }, at: { w: "{{ trigger.body }}" } } }'],
])('an input of %s may fit', async (trigger) => {
  expect(await findings(trigger, SCHEMA)).toEqual([])
})
