// Nodes on one database, as processes: what holds when one of them dies, is stopped, or ends, and whichever of them is asked.

import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { createCluster, slow, WITHIN } from './cluster.ts'
import { ask, inputLines, numbers, outcomesOf, postLines, resultsOf, submitLines } from './requests.ts'
import { stepflow } from './stepflow.ts'

const LIMIT = { timeout: 240_000 }

const TICK = `name: tick
description: Fires every second
triggers: [{ schedule: "* * * * * *" }]
steps: [{ id: a, component: /builtin/noop, input: {} }]
output: { $step: a }
`

await withPostgres((server) => {
  const cluster = createCluster({ slow })
  const { home } = cluster
  let schemas = 0
  afterAll(() => cluster.close())

  /** Nodes with a store of their own. */
  const nodes = () => {
    const store = `${server.url}?schema=n${schemas++}`
    cluster.forgetCalls()
    return {
      store,
      serve: (...words: string[]) => cluster.start(['serve', '--port', '0', ...words], { store }),
      work: (...words: string[]) => cluster.start(['worker', ...words], { store }),
    }
  }

  const calls = () => cluster.calls().map(({ item }) => item)

  test(
    'a batch taken in at one server is driven by all; one is killed, one stalls, one ends: every item is there once',
    LIMIT,
    async () => {
      const { serve, work } = nodes()
      const [a, b] = await Promise.all([serve(), serve('--capacity', '0')])
      const [killed, stalled, drained] = await Promise.all([work(), work(), work()])
      const id = await submitLines(b.url, 'slow', inputLines(600, 100), 'maxConcurrent=32')
      await vi.waitFor(() => expect(calls().length).toBeGreaterThan(100), WITHIN)

      killed.child.kill('SIGKILL')
      stalled.child.kill('SIGSTOP')
      drained.child.kill('SIGTERM')
      expect(await drained.ended).toBe(0)
      await vi.waitFor(async () => expect(await statusOf(a.url, 'silent')).toBe(true), WITHIN)
      stalled.child.kill('SIGCONT')

      expect(await resultsOf(a.url, id)).toEqual(numbers(600))
      expect(await ask(b.url, `/runs/${id}`)).toMatchObject({
        status: 'completed',
        items: { total: 600, completed: 600 },
      })
      // Only what was under way at the two that were taken away was called again.
      expect(calls().length - 600).toBeLessThanOrEqual(32)
      expect(new Set(calls()).size).toBe(600)
    },
  )

  test('the server that takes lines in is killed: the same key at another one goes on after them', LIMIT, async () => {
    const { serve } = nodes()
    const [a, b] = await Promise.all([serve(), serve()])
    const key = 'idempotencyKey=once'
    const half = submitLines(a.url, 'slow', broken(inputLines(100, 10)), key).catch(() => {})
    await vi.waitFor(() => expect(calls().length).toBeGreaterThan(50), WITHIN)
    a.child.kill('SIGKILL')
    await half

    // Until the first is missed, the second is told to come again.
    const id = await vi.waitFor(() => submitLines(b.url, 'slow', inputLines(200, 10), key), WITHIN)

    expect(await resultsOf(b.url, id)).toEqual(numbers(200))
    expect(new Set(calls()).size).toBe(200)
    const { status } = await postLines(b.url, 'slow', inputLines(201, 10), key)
    expect(status).toBe(409)
  })

  test('a run is cancelled at a server that drives nothing, and no call begins once it has ended', LIMIT, async () => {
    const { serve, work } = nodes()
    const [a] = await Promise.all([serve('--capacity', '0'), work(), work()])
    const id = await submitLines(a.url, 'slow', inputLines(2_000, 200), 'maxConcurrent=16')
    await vi.waitFor(() => expect(calls().length).toBeGreaterThan(20), WITHIN)

    await fetch(`${a.url}/api/v1/runs/${id}/cancel`, { method: 'POST' })
    // The run's row counts as cancelled at once what is still in flight; its results end with the last of that.
    const outcomes = await outcomesOf(a.url, id)
    const { items } = await ask(a.url, `/runs/${id}`)
    const completed = outcomes.filter(({ outcome }) => outcome === 'success').length
    expect([outcomes.length, items.completed, items.cancelled]).toEqual([2_000, completed, 2_000 - completed])

    // What had begun has ended, and nothing of it begins beside what comes next.
    const count = calls().length
    expect(count).toBeLessThan(1_000)
    expect(await resultsOf(a.url, await submitLines(a.url, 'slow', inputLines(10, 1), ''))).toEqual(numbers(10))
    expect(calls().length).toBe(count + 10)
  })

  test('of two servers with the same schedule, each time begins one run', LIMIT, async () => {
    const { serve } = nodes()
    writeFileSync(join(home, 'flows/tick.yaml'), TICK)
    onTestFinished(() => rmSync(join(home, 'flows/tick.yaml')))
    const [a] = await Promise.all([serve(), serve()])

    const times = await vi.waitFor(async () => {
      const { runs } = await ask(a.url, '/runs?trigger=schedule')
      expect(runs.length).toBeGreaterThan(4)
      return runs.map((run: { trigger: { time: string } }) => run.trigger.time)
    }, WITHIN)

    expect(new Set(times).size).toBe(times.length)
  })

  test('nodes lists who works on a store, the same from the store and from a server', LIMIT, async () => {
    const { serve, work, store } = nodes()
    const [a] = await Promise.all([serve('--name', 'a server'), work('--name', 'w', '--capacity', '3')])

    const { nodes: listed } = await ask(a.url, '/nodes')
    expect(listed).toMatchObject([
      { name: 'a server', status: 'active', capacity: 64, shards: 0 },
      { name: 'w', status: 'active', capacity: 3, shards: 0 },
    ])
    const { stdout } = spawnSync(process.execPath, [stepflow, 'nodes', '--json', '--store', store], {
      encoding: 'utf8',
    })
    expect(JSON.parse(stdout).nodes.map((node: { id: string }) => node.id)).toEqual(
      listed.map((node: { id: string }) => node.id),
    )
  })

  test('a worker needs a store that others share', () => {
    const { status, stderr } = spawnSync(process.execPath, [stepflow, 'worker', '--store', 'sqlite:x.db'], {
      cwd: home,
      encoding: 'utf8',
    })

    expect([status, stderr]).toEqual([2, expect.stringContaining('--store postgres://')])
  })
})

// ---

/** A body that never ends. */
function broken(text: string): ReadableStream {
  return new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode(text)) })
}

async function statusOf(url: string, status: string): Promise<boolean> {
  const { nodes } = await ask(url, '/nodes')
  // A node that was taken over from may be forgotten already.
  return nodes.length < 4 || nodes.some((node: { status: string }) => node.status === status)
}
