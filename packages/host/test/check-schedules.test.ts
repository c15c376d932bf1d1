import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openProject } from '../src/index.ts'

const FLOW = (trigger: string) => `name: timed
description: runs by itself
triggers:
  - { mcp: timed }
  - ${trigger}
steps: [{ id: a, component: /builtin/noop }]
`

async function findings(trigger: string) {
  const cwd = await mkdtemp(join(tmpdir(), 'stepflow-schedules-'))
  onTestFinished(() => rm(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'timed.yaml'), FLOW(trigger))
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

test.each([
  ['{ schedule: "CRON_TZ=Europe/Berlin 0 0 29 2 *", jitter: 1h, catch_up: 1000 }'],
  ['{ schedule: "*/5 * * * * *" }'],
])('nothing is wrong with the trigger %s', async (trigger) => {
  expect(await findings(trigger)).toEqual([])
})
