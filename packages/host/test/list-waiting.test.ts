import type { RunRow } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { listWaiting } from '../src/history/list-waiting.ts'

const row = (id: string, status: RunRow['status']): RunRow => ({
  ...{ id, status, createdAt: 0, recovered: 0 },
  items: { total: 1, success: 0, skipped: 0, failed: 0, cancelled: 0 },
  atWork: { running: status === 'running' ? 1 : 0, waiting: 0 },
})

test('what a run of a list waits for is read only of those that nobody drives, and that their row says nothing of', async () => {
  const read: string[] = []
  const rows = [row('paused', 'paused'), row('driven', 'running'), row('left', 'running'), row('ended', 'completed')]

  const waiting = await listWaiting(rows, {
    open: async () => [{ journal: 'driven/0', run: 'driven', heldBy: 'somebody' }],
    async waitingOf(run) {
      read.push(run)
      return { kind: 'node', text: 'no process drives the run now' }
    },
  })

  expect(read).toEqual(['left'])
  expect(waiting.map((one) => one?.text)).toEqual([
    'the run is paused',
    undefined,
    'no process drives the run now',
    undefined,
  ])
})
