// When the plugins of an embedded engine are started and stopped.

import { createMemoryStore } from '@stepflow/engine'
import { createEngine, defineFlow, type Engine, type Plugin } from 'stepflow'
import { expect, test } from 'vitest'

function noted(more: Partial<Plugin> = {}) {
  const told: string[] = []
  const plugin: Plugin = {
    name: 'p',
    components: () => [{ name: '/c' }],
    resolve: (name) => ({ info: { name }, call: () => Math.min(1, told.push('call')) }),
    start: async () => void told.push('start'),
    stop: async () => void told.push('stop'),
    ...more,
  }
  return { told, plugin }
}

const flow = defineFlow('one', {}, ({ step }) => step('a', '/p/c'))

test.each([{ history: 'none' as const }, { history: 'all' as const }])(
  'plugins are started once, before the first call, and stopped at the close (%o)',
  async (options) => {
    const { told, plugin } = noted()
    const engine = createEngine({ plugins: [plugin], ...options })
    expect(told).toEqual([])

    await Promise.all([engine.run(flow, null), engine.run(flow, null)])
    await engine.close()

    expect(told).toEqual(['start', 'call', 'call', 'stop'])
  },
)

test('a plugin that does not start fails the run, and is started again by the next', async () => {
  let tries = 0
  const { told, plugin } = noted({
    start: async () => {
      if (++tries === 1) throw new Error('the line is busy')
    },
  })
  const engine = createEngine({ plugins: [plugin] })

  await expect(engine.run(flow, null)).rejects.toThrow('the line is busy')
  expect(await engine.run(flow, null)).toBe(1)
  expect(told).toEqual(['call'])
})

test('a plugin that does not stop is told of, and the others are stopped', async () => {
  const logged: string[] = []
  const stuck = noted({
    name: 'stuck',
    stop: async () => {
      throw new Error('no')
    },
  })
  const other = noted()
  const store = createMemoryStore()
  const log = (_: string, message: string) => void logged.push(message)
  const engine = createEngine({ plugins: [stuck.plugin, other.plugin], store, log })
  await engine.run(flow, null)

  await engine.close()

  expect(other.told.at(-1)).toBe('stop')
  expect(logged).toEqual(['plugin "stuck" did not stop: Error: no'])
})

test('a plugin of two engines is stopped by the last that uses it, and by none that never did', async () => {
  const { told, plugin } = noted()
  const [one, two, idle] = [0, 1, 2].map(() => createEngine({ plugins: [plugin] })) as [Engine, Engine, Engine]
  await one.run(flow, null)
  await two.run(flow, null)

  await idle.close()
  await one.close()
  expect(told).not.toContain('stop')
  expect(await two.run(flow, null)).toBe(1)
  await two.close()

  expect(told.filter((what) => what === 'stop').length).toBe(1)
})

test('a store that the engine was given stays open when the engine is closed', async () => {
  const store = createMemoryStore()
  let isOpen = true
  Object.assign(store, { close: () => (isOpen = false) })
  const engine = createEngine({ store, plugins: [noted().plugin] })
  await engine.run(flow, null)

  await engine.close()

  expect(isOpen).toBe(true)
})

test('what close is given is checked', async () => {
  const close = (options: object) => createEngine().close(options as { drainMs: number })

  await expect(close({ drainMs: -1 })).rejects.toThrow('"drainMs"')
  await expect(close({ drain: 5 })).rejects.toThrow('drainMs')
})
