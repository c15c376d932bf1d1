// When the plugins of an embedded engine are started and stopped.

import { createMemoryStore } from '@stepflow/engine'
import { createEngine, defineFlow, type Plugin } from 'stepflow'
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

  await engine.close()

  expect(other.told).toEqual(['stop'])
  expect(logged).toEqual(['plugin "stuck" did not stop: Error: no'])
})
