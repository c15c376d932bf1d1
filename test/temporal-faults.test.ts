// Flows on a Temporal server whose workers and whose server die, and come back: what had ended is not called again, and nobody
// waits long. Real processes; each run ends with its outcome, what its components counted, and a replay of its history.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installTemporal } from './install-temporal.ts'
import { type RunningWorker, until } from './temporal-cluster.ts'
import { TemporalProject } from './temporal-project.ts'

const installed = await installTemporal()
if ('missing' in installed) process.stderr.write(`skipped: ${installed.missing}\n`)

const FLOWS: Readonly<Record<string, string>> = {
  hold: `
steps:
  - { id: s, component: /mine/hold, input: { name: { $input: name } } }
output: { $step: s }
`,
  ask: `
steps:
  - { id: before, component: /mine/double, input: { n: { $input: n } } }
  - { id: wait, component: /builtin/wait_for_signal, input: { name: approve }, needs: [before] }
  - { id: after, component: /mine/double, input: { n: { $step: wait, path: n } } }
output: { $step: after, path: n }
`,
  // Longer than a history may grow; the first call is still under way then.
  renewed: `
steps:
  - { id: held, component: /mine/hold, input: { name: renewed } }
  - { id: each, component: /mine/double, for_each: { items: { $input: list }, max_concurrent: 8 }, input: { n: { $item: $ } } }
output: { held: { $step: held }, each: { $step: each } }
`,
  inner: `
steps:
  - { id: s, component: /mine/hold, input: { name: { $input: name } } }
output: { $step: s }
`,
  outer: `
steps:
  - { id: f, component: /builtin/flow, input: { flow: inner.yaml, input: { name: { $input: name } } } }
output: { $step: f }
`,
  nowhere: `
steps:
  - { id: s, component: /elsewhere/thing, input: {} }
output: { $step: s }
`,
  // Each of them may compute for about 50 ms.
  long: `
steps:
  - id: s
    component: /mine/length
    input:
      text: { $template: "done" }
      all:${'\n        - { $template: "{% for a in range(200) %}{% for b in range(200) %}{% if b > 999 %}x{% endif %}{% endfor %}{% endfor %}" }'.repeat(70)}
output: { $step: s }
`,
}

describe.skipIf('missing' in installed)('faults on a Temporal server', () => {
  let project: TemporalProject
  let worker: RunningWorker
  /** A call that has been made is made again if its answer does not get to the history. */
  const isAnswered = async (id: string) =>
    (await project.cluster.history(id)).events.includes('ACTIVITY_TASK_COMPLETED')
  const LIST = Array.from({ length: 150 }, (_, n) => 1000 + n)

  beforeAll(async () => {
    const found = installed as Exclude<typeof installed, { missing: string }>
    project = await TemporalProject.open(found, FLOWS, { renewAfter: 300, outlivesItself: true })
    worker = await project.worker()
  }, 120_000)

  afterAll(async () => {
    await project?.close()
  })

  test('a worker that is killed in a call, a wait and a renewal leaves them to the next, which keeps none of them in memory', async () => {
    const { cluster } = project
    await Promise.all([
      project.begin('hold', { name: 'call' }, 'in-a-call'),
      project.begin('ask', { n: 1 }, 'in-a-wait'),
      project.begin('renewed', { list: LIST }, 'in-a-renewal'),
    ])
    const doubled = () => LIST.filter((n) => project.calls(`double ${n}`) > 0).length
    await until(() => project.calls('began call') === 1 && project.calls('began renewed') === 1)
    await until(() => isAnswered('in-a-wait'))
    // It waits for the call that is held, and begins no other: only that one is pending.
    await until(async () => (await cluster.pending('in-a-renewal')) === 1 && doubled() < LIST.length && doubled() > 60)
    await worker.kill()
    const before = doubled()
    const shown = await cluster.run(['runs', 'show', 'in-a-wait', ...project.words()])
    expect(shown.err).toContain('run in-a-wait is running, but no worker of its version polls the task queue q')
    expect(shown.code).not.toBe(0)
    expect(doubled()).toBe(before)
    for (const name of ['call', 'renewed']) cluster.write(name, '')
    await project.signal('in-a-wait', 'approve', { n: 21 })
    worker = await project.worker('q', {}, '&cache=0')

    expect(await project.outcome('in-a-call')).toEqual({ outcome: 'success', result: { n: 0 } })
    expect(await project.outcome('in-a-wait')).toEqual({ outcome: 'success', result: 42 })
    expect(await project.outcome('in-a-renewal')).toEqual({
      outcome: 'success',
      result: { held: { n: 0 }, each: LIST.map((n) => ({ n: 2 * n })) },
    })
    expect(LIST.filter((n) => project.calls(`double ${n}`) !== 1)).toEqual([])
    expect([project.calls('began call'), project.calls('began renewed')]).toEqual([2, 2])
    expect([project.calls('double 1'), project.calls('double 21')]).toEqual([1, 1])
    expect((await cluster.history('in-a-renewal')).text).toContain('"continuedExecutionRunId": "')
    await worker.stop()
    worker = await project.worker()
  })

  test('a cancel ends a wait, and a call in a flow inside', async () => {
    const { cluster } = project
    await Promise.all([
      project.begin('ask', { n: 2 }, 'cancelled-wait'),
      project.begin('outer', { name: 'inside' }, 'cancelled-inside'),
    ])
    await until(() => project.calls('began inside') === 1 && project.calls('double 2') === 1)
    for (const id of ['cancelled-wait', 'cancelled-inside']) await cluster.temporal('workflow', 'cancel', '-w', id)

    for (const id of ['cancelled-wait', 'cancelled-inside']) {
      expect(await project.outcome(id)).toMatchObject({ outcome: 'failed', error: { code: 'CANCELLED' } })
      expect((await cluster.history(id)).events.at(-1)).toBe('WORKFLOW_EXECUTION_CANCELED')
    }
    await until(() => project.calls('left inside') === 1)
    expect(project.calls('double 2')).toBe(1)
  })

  test('a component that the worker does not have fails its step, and says so', async () => {
    expect(await project.run('nowhere', {}, 'nowhere')).toMatchObject({
      outcome: 'failed',
      error: { code: 'COMPONENT_NOT_FOUND', step: 's', message: expect.stringContaining('/elsewhere/thing') },
    })
  })

  test('a turn that takes longer than a second ends well, and neither does it end the worker', async () => {
    expect(await project.run('long', {}, 'long')).toEqual({ outcome: 'success', result: 4 })
    expect(worker.child.exitCode).toBe(null)
    expect(worker.log()).not.toMatch(/error|deadlock/i)
  })

  test('a server that is killed finds its runs again; its worker says once that it is away, and once that it is back', async () => {
    await project.begin('ask', { n: 3 }, 'server')
    await until(() => isAnswered('server'))
    await project.cluster.stopServer()
    await until(() => /does not answer/.test(worker.log()))
    await project.cluster.startServer()
    await project.signal('server', 'approve', { n: 33 })

    expect(await project.outcome('server')).toEqual({ outcome: 'success', result: 66 })
    expect([project.calls('double 3'), project.calls('double 33')]).toEqual([1, 1])
    await until(() => / answers again/.test(worker.log()))
    expect(worker.log().match(/does not answer/g)).toHaveLength(1)
    expect(worker.log().match(/ answers again/g)).toHaveLength(1)
  })

  test('every history replays', async () => {
    const { out, err, code } = await project.replay()
    expect(err).toBe('')
    expect(out).toMatch(/^(\d+) of \1 histories replay\n$/)
    expect(code).toBe(0)
  })
})
