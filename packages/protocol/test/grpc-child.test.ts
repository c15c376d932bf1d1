// gRPC workers that are started as processes: their start, their end, and what they do against the rules.

import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { bundle } from './bundle.ts'
import { GOOD, started } from './grpc-setup.ts'
import { stillClock } from './setup.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-grpc-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a worker that is started', { timeout: 60_000 }, () => {
  test('serves what it lists, with the environment that it was given and what it needs to find us', async () => {
    const plugin = await started(GOOD, { env: { MINE: 'x' } })

    expect(await plugin.components()).toMatchObject([{ name: '/echo' }, ...Array(4).fill({})])
    expect(await plugin.run('/echo', { a: 1 })).toEqual({ a: 1 })
    const { STEPFLOW_TASKS_URL, STEPFLOW_BLOB_URL, ...env } = (await plugin.run('/env')) as Record<string, string>
    expect(STEPFLOW_TASKS_URL).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(STEPFLOW_BLOB_URL).toBe(STEPFLOW_TASKS_URL)
    const ours = { STEPFLOW_TRANSPORT: 'grpc', STEPFLOW_QUEUE_NAME: 'q', STEPFLOW_MAX_CONCURRENT: '10000' }
    expect(env).toEqual({ ...ours, MINE: 'x' })
  })

  test('may take its time, and its call waits', async () => {
    const file = join(folder, 'go')
    const wait = `import { existsSync } from 'node:fs'
      console.log('I wait')
      const timer = setInterval(() => {
        if (!existsSync(${JSON.stringify(file)})) return
        clearInterval(timer)
        begin()
      }, 5)`
    const [first, ...rest] = GOOD.trim().split('\n')
    const plugin = await started([first, wait, 'function begin() {', ...rest, '}'].join('\n'))
    const answer = plugin.run('/echo', 1)
    await plugin.said('I wait')

    writeFileSync(file, '')

    expect(await answer).toBe(1)
  })

  test('that is killed in the middle of calls fails those, and the next call has another process', async () => {
    const plugin = await started(GOOD)
    const before = (await plugin.run('/pid')) as number
    const held = [plugin.run('/hold'), plugin.run('/hold')].map((call) => call.catch((error) => error))
    await plugin.run('/echo')

    process.kill(before, 'SIGKILL')

    for (const error of await Promise.all(held)) {
      expect(error).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('SIGKILL') })
    }
    expect(await plugin.run('/pid')).not.toBe(before)
  })

  test('that never asks for tasks is stopped in bounded time, and what it wrote is quoted', async () => {
    const { clock, advance } = stillClock()
    const plugin = await started(`console.error('I have other plans'); setInterval(() => {}, 1000)`, { clock })
    const answer = plugin.run('/echo').catch((error) => error)
    await plugin.said('I have other plans')

    advance(30_000)

    expect(await answer).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/no worker has asked for tasks of queue "q" at 127[\s\S]*I have other plans/),
    })
  })

  test('that asks for another queue is stopped at once, with both names', async () => {
    const plugin = await started(GOOD.replace('place, queue,', "place, 'elsewhere',"))

    await expect(plugin.run('/echo')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      retryable: false,
      message: expect.stringContaining('asks for queue "elsewhere", but its queue is "q"'),
    })
  })

  test('that never says what it has is stopped in bounded time', async () => {
    const { clock, advance } = stillClock()
    const plugin = await started(GOOD.replace(/names\.map\(.*\)\)\)/, "'mute')"), { clock })
    const answer = plugin.run('/echo').catch((error) => error)
    await plugin.said('I was asked what I have')

    advance(30_000)

    expect(await answer).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('has not said what components it has'),
    })
  })

  test('that exits says so, with its code', async () => {
    const plugin = await started(`console.error('no module named that'); process.exit(3)`)

    await expect(plugin.run('/echo')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/exit code 3[\s\S]*no module named that/),
    })
  })

  test('that stops its heartbeats is stopped, and the next call has another process', async () => {
    const { clock, advance } = stillClock()
    const plugin = await started(GOOD, { clock })
    const before = await plugin.run('/pid')
    const answer = plugin.run('/silent').catch((error) => error)
    await plugin.said('I am silent from now on')

    advance(15_000)

    const message = expect.stringContaining('missed three heartbeats')
    expect(await answer).toMatchObject({ code: 'UNREACHABLE', message })
    const next = plugin.run('/pid')
    advance(1000)
    expect(await next).not.toBe(before)
  })

  test('that goes on with a cancelled call is replaced', async () => {
    const plugin = await started(GOOD, { cancelGraceMs: 50 })
    const before = await plugin.run('/pid')
    const abort = new AbortController()
    const held = plugin.run('/hold', 1, { signal: abort.signal })
    await plugin.run('/echo')

    abort.abort()

    await expect(held).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => plugin.run('/pid').catch(() => before)).not.toBe(before)
  })

  test('that goes on with a call whose time is over is replaced', async () => {
    const { clock, advance } = stillClock()
    const plugin = await started(GOOD, { clock, worker: { executionTimeoutMs: 1000 } })
    const before = (await plugin.run('/pid')) as number
    const held = plugin.run('/hold').catch((error) => error)
    await plugin.run('/echo')

    advance(1000)
    expect(await held).toMatchObject({ code: 'TIMEOUT' })
    advance(10_000)

    expect(await plugin.run('/pid')).not.toBe(before)
    await expect.poll(() => isThere(before)).toBe(false)
  })

  test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
    'is not served in the name of another user',
    async () => {
      const plugin = await started(GOOD)
      const environment = (await plugin.run('/env')) as Record<string, string>
      const stranger = `${GOOD}\nworker.ended.then((error) => {
  console.log('ended with ' + error.code)
  process.exit()
})`
      const { program } = await bundle(stranger.replace('void worker.ended.then(() => process.exit())', ''), 'cjs')
      chmodSync(dirname(program), 0o755)
      const env = { STEPFLOW_TASKS_URL: environment.STEPFLOW_TASKS_URL, STEPFLOW_QUEUE_NAME: 'q' }

      const options = { env, uid: 65_534, timeout: 50_000 }
      const ended = await promisify(execFile)(process.execPath, [program], options).catch((error) => error)

      expect(ended.stdout, `${ended.message ?? ''} ${ended.stderr}`).toContain('ended with 14')
      expect(await plugin.run('/echo', 1)).toBe(1)
    },
  )

  test('ends with the plugin, though it has calls in flight', async () => {
    const plugin = await started(GOOD)
    const pid = (await plugin.run('/pid')) as number
    const held = plugin.run('/hold').catch((error) => error)
    await plugin.run('/echo')

    await plugin.stop?.()

    expect(await held).toMatchObject({ code: 'UNREACHABLE' })
    expect(isThere(pid)).toBe(false)
  })
})

// ---

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
