// Schedules of a server that is killed again and again: no time is lost, none runs twice.

import { expect, test, vi } from 'vitest'
import { begin, folderWith, says } from './cli.ts'
import { serving } from './serving.ts'

const FLOW = `name: tick
description: Runs each second
triggers: [{ schedule: "* * * * * *", catch_up: 1000, overlap: allow, input: "{{ trigger.time }}" }]
steps: [{ id: a, component: /builtin/noop, input: { $input: $ } }]
output: { $step: a }
`

test('each second has one run, whenever the server is killed and started again', async () => {
  const { folder } = folderWith({ 'flows/tick.yaml': FLOW })
  let times: readonly number[] = []
  for (let life = 1; life <= 3; life++) {
    const { url, kill } = await serving(folder)
    const before = times.length
    await vi.waitFor(
      async () => {
        const { runs }: any = await (await fetch(`${url}/api/v1/runs?trigger=schedule&limit=1000`)).json()
        times = runs.map(({ trigger }: any) => Date.parse(trigger.time)).sort((a: number, b: number) => a - b)
        expect(times.length).toBeGreaterThan(before + 1)
      },
      { timeout: 50_000, interval: 20 },
    )
    await kill()
  }

  expect(times.map((at, i) => at - i * 1000)).toEqual(times.map(() => times[0]))
})

test('says how many schedules it has, and leaves out one that cannot be kept', async () => {
  const never = FLOW.replace('* * * * * *', '0 0 30 2 *').replace('name: tick', 'name: never')
  const { folder, run } = folderWith({ 'flows/tick.yaml': FLOW, 'flows/never.yaml': never })

  const { code, out } = await run('validate', 'flows/never.yaml')
  const { child, ended } = begin(['serve', '--port', '0'], { cwd: folder })
  await says(child, /1 schedule\b/)
  child.kill('SIGKILL')
  const { err } = await ended

  expect(code).toBe(2)
  expect(out).toMatch(/"0 0 30 2 \*" never fires.*\n +at flows\/never\.yaml:3:\d+ /)
  expect(err).toMatch(/1 schedule\b/)
})
