import type { Run } from '@stepflow/api'
import { expect, test } from 'vitest'
import { commandsOf, rerunCommand } from '../src/model/commands.ts'

const run = {
  runId: 'r1',
  status: 'failed',
  items: { total: 1, completed: 0, failed: 1, skipped: 0, cancelled: 0, running: 0, waiting: 0 },
} as Run
const open = { url: 'http://h:1', needsToken: false }

test('what a shell would take apart is quoted', () => {
  const { stepflow, curl } = rerunCommand(run, { from: "a b's", input: { text: 'it is $HOME' } }, open)

  expect(stepflow).toBe(
    `stepflow runs rerun r1 --from 'a b'\\''s' --input-json '{"text":"it is $HOME"}' --url http://h:1`,
  )
  expect(curl).toContain(`-d '{"from":"a b'\\''s","input":{"text":"it is $HOME"}}'`)
})

test('a run that has ended is not cancelled, and one that runs is not repeated', () => {
  const words = (status: Run['status']) => commandsOf({ ...run, status }, open).map(({ does }) => does)

  expect(words('failed')).toEqual(['Show', 'Rerun what failed', 'Rerun', 'Export', 'Delete'])
  expect(words('running')).toEqual(['Show', 'Watch', 'Pause', 'Cancel', 'Export'])
  expect(words('paused')).toContain('Resume')
})

test('a token is named by its variable', () => {
  expect(commandsOf(run, { ...open, needsToken: true })[0]?.curl).toBe(
    'curl -H "authorization: Bearer $STEPFLOW_TOKEN" http://h:1/api/v1/runs/r1',
  )
})
