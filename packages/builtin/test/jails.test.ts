// Which code shares a process with which, and how many there are.

import { readFileSync } from 'node:fs'
import { type Clock, systemClock } from '@stepflow/engine'
import { describe, expect, onTestFinished, test } from 'vitest'
import { descendantsOf, isAlive } from '../../../test/descendants.ts'
import type { CodeOptions } from '../src/code.ts'
import { whyNoJail } from '../src/jail/util-linux.ts'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { call, failure } from './builtin-context.ts'

/** What has to come back soon may take its time here, however busy the machine is. */
const patient: Clock = { ...systemClock, timer: (ms, fire) => systemClock.timer(60 * ms, fire) }

const missing = whyNoJail()
if (missing !== undefined) test.skip(`skipped: ${missing}`, () => {})
else describe.each(['javascript', 'python'] as const)('%s', jails)

function jails(language: 'javascript' | 'python'): void {
  /** Jails of this process that live. */
  const living = () => descendantsOf(process.pid).filter(isAlive).filter(isRunner)
  const open = (code: CodeOptions = {}, clock: Clock = patient) => {
    const plugin = createBuiltinPlugin({ env: {}, code, clock })
    onTestFinished(async () => {
      await plugin.stop?.()
      await expect.poll(living, { timeout: 30_000 }).toEqual([])
    })
    return (source: string, more = {}, part = {}) => call(plugin, `/code/${language}`, { code: source, ...more }, part)
  }
  const ONE = '1 + 0'

  test('code that is asked for once leaves no process', async () => {
    const run = open()

    await run(ONE)
    await run('1 + 1')

    await expect.poll(living, { timeout: 30_000 }).toEqual([])
  })

  test('the same source in the same run is run by the same process', async () => {
    const run = open()
    await run(ONE)
    await run(ONE)
    const first = living()
    expect(first).toHaveLength(1)

    for (let i = 0; i < 20; i++) expect(await run(ONE)).toBe(1)

    expect(living()).toEqual(first)
  })

  test('another source, or another run, has another process', async () => {
    const run = open()
    await run(ONE)
    await run(ONE)
    const first = living()

    await run('1 + 1')
    await run('1 + 1')
    await run(ONE, {}, { runId: 'another' })
    await run(ONE, {}, { runId: 'another' })

    expect(living()).toHaveLength(3)
    expect(living()).toEqual(expect.arrayContaining(first))
  })

  test('no more than 1,000 calls have the same process', async () => {
    const run = open()
    for (let i = 0; i < 2; i++) await run(ONE)
    const first = living()

    for (let i = 0; i < 1000; i++) await run(ONE)

    expect(first).toHaveLength(1)
    expect(living()).not.toEqual(first)
  }, 120_000)

  test('what fails or does not end takes its process with it, and the next call works', async () => {
    const run = open({}, systemClock)
    const endless = language === 'javascript' ? 'for (;;) {}' : 'while True: pass'
    for (let i = 0; i < 2; i++) {
      expect((await failure(run(endless, { timeout: '100ms' }))).code).toBe('TIMEOUT')
      await expect.poll(living, { timeout: 30_000 }).toEqual([])
    }

    expect(await run(ONE)).toBe(1)
  })

  test('jails that are started ahead are there for the next call', async () => {
    const run = open({ warm: 2 })
    await run(ONE)
    await expect.poll(() => living().length, { timeout: 30_000 }).toBe(2)
    const ready = living()

    await run('1 + 1')

    // One was used, and is gone; another one takes its place.
    await expect.poll(() => living().length, { timeout: 30_000 }).toBe(2)
    await expect.poll(() => living().filter((pid) => ready.includes(pid)).length, { timeout: 30_000 }).toBe(1)
  })

  test('64 calls at once are answered, by a bounded number of processes', async () => {
    const run = open()

    const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => run(`${i} + 0`)))

    expect(answers).toEqual(Array.from({ length: 64 }, (_, i) => i))
  }, 120_000)

  test('a call that was aborted before it began does not run', async () => {
    const run = open()

    expect((await failure(run(ONE, {}, { signal: AbortSignal.abort() }))).code).toBe('CANCELLED')
  })
}

// ---

/** Not one of those that make the jail, or stand guard in it. */
function isRunner(pid: number): boolean {
  try {
    return /^(node|MainThread|python[\d.]*)$/m.test(readFileSync(`/proc/${pid}/comm`, 'utf8'))
  } catch {
    return false
  }
}
