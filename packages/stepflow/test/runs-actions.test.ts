// What can be done with recorded runs, through the whole program in this process; runs of other processes are in
// cli-runs.test.ts.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Folder, folder } from './command-line.ts'

const flow = `name: greeting
description: t
steps:
  - { id: a, component: /builtin/noop, input: { $input: $ } }
  - { id: b, component: /builtin/noop, skip_if: { $step: a, path: skip }, input: { n: { $step: a, path: n } } }
output: { $step: b, path: n }
`
const waiting = `name: approval
description: w
steps:
  - { id: ok, component: /builtin/wait_for_signal, input: { name: approve } }
output: { $step: ok }
`
/** Fails on an item whose `n` is an odd number, until the flow is mended. */
const odd = `name: odd
description: o
steps:
  - { id: a, component: /builtin/noop, input: { $input: $ } }
  - { id: b, component: /builtin/noop, input: { half: { $step: a, path: half } } }
output: { $step: b }
`
const lines = '{"n":1,"skip":false}\n{"n":2,"skip":true}\n{"n":3,"skip":false}\n'

let here: Folder
beforeEach(() => {
  here = folder({
    'f.yaml': flow,
    'w.yaml': waiting,
    'odd.yaml': odd,
    'in.jsonl': lines,
    'odd.jsonl': '{"half":1}\n{"n":1}\n{"half":2}\n',
  })
})
afterEach(() => here.remove())

const store = ['--store', 'sqlite:r.db']
const runs = (...words: string[]) => here.run('runs', ...words, ...store)
const json = async (...words: string[]) => JSON.parse((await runs(...words, '--json')).out)

/** Runs a flow once, or over a file; answers the run's id. */
async function ran(file: string, ...words: string[]): Promise<string> {
  await here.run('run', file, ...words, ...store, '--output', 'out', '--allow-failures')
  rmSync(join(here.path, 'out'), { force: true })
  return (await json('list'))[0].runId
}
const once = (file: string, input: unknown) =>
  here.run('run', file, '--input-json', JSON.stringify(input), ...store).then(async () => (await json('list'))[0].runId)

test('a bare `runs` lists, and a list that is cut says of how many', async () => {
  for (const n of [1, 2, 3]) await once('f.yaml', { n, skip: false })

  const all = await runs()
  const cut = await runs('list', '--limit', '2')

  expect(all.out.split('\n')[0]).toMatch(/^ID +STATUS +CREATED \(UTC\) +FLOW +TOOK$/)
  expect(all.out.trim().split('\n')).toHaveLength(4)
  expect(all.err).toBe('')
  expect(cut.out.trim().split('\n')).toHaveLength(3)
  expect(cut.err).toBe('2 of 3; --limit N lists more\n')
})

test('lines are as wide as the terminal and no wider; in a pipe nothing is cut', async () => {
  await once('odd.yaml', { missing: 'x'.repeat(100) })

  const [piped, shown] = [await runs('list'), await here.runOnTerminal('runs', 'list', ...store)]

  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is taken out
  const bare = shown.out.replace(/\u001b\[\d+m/g, '')
  for (const line of bare.split('\n')) expect(line.length).toBeLessThanOrEqual(72)
  expect(bare).toContain('…')
  expect(piped.out).toContain('no such field; there are: missing')
})

test('runs are found by state, flow and time, several states at once', async () => {
  const fine = await once('f.yaml', { n: 1, skip: false })
  const bad = await once('odd.yaml', {})
  const ids = async (...words: string[]) => (await json('list', ...words)).map(({ runId }: { runId: string }) => runId)

  expect(await ids('--status', 'failed')).toEqual([bad])
  expect(await ids('--status', 'failed,completed')).toEqual([bad, fine])
  expect(await ids('--status', 'waiting')).toEqual([])
  expect(await ids('--flow', 'greeting')).toEqual([fine])
  expect(await ids('--since', '1h')).toEqual([bad, fine])
  expect(await ids('--until', '2001-01-01')).toEqual([])
  expect((await runs('list', '--status', 'fialed')).err).toContain('did you mean "failed"?')
  expect((await runs('list', '--trigger', 'clii')).err).toContain('did you mean "cli"?')
  expect((await runs('list', '--since', 'yesterday')).err).toContain('must be a day (2026-11-29, in UTC)')
})

test('what --json prints of a run is a summary, with its times in UTC, and of show its steps by visit', async () => {
  const id = await once('f.yaml', { n: 1, skip: false })

  const [summary] = await json('list')
  const shown = await json('show', id)

  const time = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/)
  const { itemIndex, steps, results, ...same } = shown
  expect(same).toEqual(summary)
  expect(itemIndex).toBe(0)
  expect(summary).toEqual({
    runId: id,
    flowId: expect.stringMatching(/^[0-9a-f]{64}$/),
    flowName: 'greeting',
    status: 'completed',
    kind: 'run',
    items: { total: 1, completed: 1, failed: 0, skipped: 0, cancelled: 0, running: 0, waiting: 0 },
    createdAt: time,
    startedAt: time,
    completedAt: time,
    labels: {},
    trigger: { type: 'cli', flow: join(here.path, 'f.yaml') },
  })
  expect(steps).toMatchObject([
    { stepId: 'a', visit: 1, status: 'success', readyAt: time, startedAt: time, endedAt: time },
    { stepId: 'b', visit: 1, status: 'success', attempts: [{ startedAt: time, endedAt: time }] },
  ])
  expect(results).toEqual([{ itemIndex: 0, status: 'success', result: { outcome: 'success', result: 1 } }])
})

test('a rerun of what failed, where nothing has failed, records nothing and says so', async () => {
  const id = await once('f.yaml', { n: 1, skip: false })

  const { code, out, err } = await runs('rerun', id, '--failed')

  expect({ code, out }).toEqual({ code: 0, out: '' })
  expect(err).toContain('has failed, so there is nothing to repeat, and nothing was recorded')
  expect(await json('list')).toHaveLength(1)
})

test('items of a batch are run again by their numbers, skipped ones too; the others keep their results', async () => {
  const id = await ran('f.yaml', '--inputs', 'in.jsonl')

  const dry = await json('rerun', id, '--items', '1-2', '--dry-run')
  expect(dry).toEqual({
    items: { total: 3, kept: 1, again: 2 },
    steps: [
      { stepId: 'a', reused: 0, again: 2 },
      { stepId: 'b', reused: 0, again: 2 },
    ],
  })
  expect(await json('list')).toHaveLength(1)

  await runs('rerun', id, '--items', '1', '--output', 'again')
  const [again] = await json('list')
  expect(again).toMatchObject({ origin: { runId: id }, items: { total: 3, completed: 3, skipped: 1 } })
  const reusedOf = async (item: number) =>
    (await json('show', again.runId, '--item', `${item}`)).steps.map(({ reused = false }) => reused)
  expect([await reusedOf(0), await reusedOf(1)]).toEqual([
    [true, true],
    [false, false],
  ])
  expect((await runs('rerun', id, '--items', '2-3')).err).toContain('the run has 3 items, counted from 0')
  expect((await runs('rerun', id, '--items', 'x')).err).toContain('must be numbers and ranges')
})

test('with another flow, what failed is done again in it; steps that are taken over must be the same', async () => {
  const id = await ran('odd.yaml', '--inputs', 'odd.jsonl')
  const mended = odd.replace('{ $step: a, path: half }', '7')
  writeFileSync(join(here.path, 'mended.yaml'), mended)
  writeFileSync(join(here.path, 'other.yaml'), mended.replace('input: { $input: $ }', 'input: { half: 3 }'))

  const other = await runs('rerun', id, '--failed', '--flow', 'other.yaml')
  expect(other).toMatchObject({ code: 2, err: expect.stringContaining('rerun from "a"') })
  expect(await json('list')).toHaveLength(1)

  const { code } = await runs('rerun', id, '--failed', '--flow', 'mended.yaml', '--output', 'again')
  expect(code).toBe(0)
  const [again] = await json('list')
  expect(again).toMatchObject({ origin: { runId: id, failed: true }, items: { total: 3, completed: 3, failed: 0 } })
  expect((await json('show', again.runId, '--item', '1')).results[0].result).toEqual({
    outcome: 'success',
    result: { half: 7 },
  })
})

test('a run that has ended is deleted; one that has not is refused', async () => {
  const id = await once('f.yaml', { n: 1, skip: false })

  const { code } = await runs('delete', id)

  expect([code, (await runs('show', id)).code]).toEqual([0, 3])
  expect(await json('list')).toEqual([])
  expect((await runs('delete', id)).code).toBe(3)
})

test('prune keeps the newest, and asks what is to be deleted', async () => {
  for (const n of [1, 2, 3]) await once('f.yaml', { n, skip: false })

  expect(await json('prune', '--keep', '1')).toMatchObject({ runs: 2 })
  expect(await json('list')).toHaveLength(1)
  expect(await runs('prune')).toMatchObject({ code: 2, err: expect.stringContaining('--older-than 30d') })
  expect(await json('prune', '--older-than', '1h')).toMatchObject({ runs: 0 })
})

test('help of `runs` lists its actions, and each action has its own options with what holds without them', async () => {
  const { out: all } = await here.run('runs', '--help')
  for (const action of ['list', 'show', 'watch', 'cancel', 'rerun', 'delete', 'prune']) {
    expect(all).toMatch(new RegExp(`^  ${action} +\\w`, 'm'))
  }
  expect(all).not.toContain('--dry-run')

  const { out: rerun } = await here.run('runs', 'rerun', '--help')
  const { out: list } = await here.run('help', 'runs', 'list')
  expect(rerun).toContain('Usage: stepflow runs rerun ID [options]')
  expect(rerun).toContain('--dry-run')
  expect(rerun).not.toContain('--since')
  expect(list).toMatch(/--limit N .*\[default: 50\]/)
  const overview = (await here.run('--help')).out
  expect([overview.includes('--log-format'), rerun.includes('--log-format')]).toEqual([true, false])
})

test('an option of a run may stand before its action', async () => {
  const id = await once('f.yaml', { n: 1, skip: false })

  const { out } = await here.run('runs', ...store, 'list', '--json')

  expect(JSON.parse(out)).toMatchObject([{ runId: id }])
})

test('version is a command', async () => {
  const { code, out } = await here.run('version')

  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^stepflow \d+\.\d+/) })
  expect(JSON.parse((await here.run('version', '--json')).out)).toMatchObject({ node: process.version })
})
