// Flows on a real Temporal server, by the command line as people use it: begun, called, signalled, paused, cancelled, listed,
// renewed, and replayed at the end. Skipped where server or packages cannot be had.

import { mkdirSync } from 'node:fs'
import { contentId } from '@stepflow/engine'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installTemporal } from './install-temporal.ts'
import { root } from './stepflow.ts'
import { type RunningWorker, type TemporalCluster, until } from './temporal-cluster.ts'
import { TemporalProject } from './temporal-project.ts'

const installed = await installTemporal()
if ('missing' in installed) process.stderr.write(`skipped: ${installed.missing}\n`)

const FLOWS: Readonly<Record<string, string>> = {
  three: `
steps:
  - { id: a, component: /mine/double, input: { n: { $input: n } } }
  - { id: b, component: /mine/double, input: { n: { $step: a, path: n } } }
  - { id: c, component: /mine/double, input: { n: { $step: b, path: n } } }
output: { n: { $step: c, path: n }, text: { $template: "n is {{ steps.c.result.n }}" } }
`,
  ask: `
steps:
  - { id: before, component: /mine/double, input: { n: 1 } }
  - { id: wait, component: /builtin/wait_for_signal, input: { name: approve }, needs: [before] }
  - { id: after, component: /mine/double, input: { n: { $step: wait, path: n } } }
output: { $step: after, path: n }
`,
  each: `
steps:
  - { id: each, component: /mine/double, for_each: { $input: list }, input: { n: { $item: $ } } }
output: { $step: each }
`,
  plain: `
steps:
  - { id: s, component: /plain/params, input: { n: { $input: n } } }
output: { $step: s }
`,
  slow: `
steps:
  - { id: s, component: /mine/slow, input: { ms: { $input: ms }, name: { $input: name } } }
output: { $step: s }
`,
  fails: `
steps:
  - { id: s, component: /mine/fail, input: { message: { $input: message } }, retry: { attempts: 3, delay: 10ms } }
output: { $step: s }
`,
  again: `
steps:
  - { id: a, component: /mine/third, input: 1, retry: { attempts: 3, delay: 1ms } }
  - { id: b, component: /mine/third, input: 2, retry: { attempts: 3, delay: 2ms } }
  - { id: c, component: /mine/third, input: 3, retry: { attempts: 3, delay: 3ms } }
output: [{ $step: a }, { $step: b }, { $step: c }]
`,
  timed: `
steps:
  - { id: s, component: /mine/slow, input: { ms: 60000, name: timed }, timeout: 500ms }
output: { $step: s }
`,
  inside: `
steps:
  - { id: s, component: /builtin/flow, input: { flow: three.yaml, input: { n: 2 } } }
output: { $step: s, path: n }
`,
  changed: `
steps:
  - { id: s, component: /mine/echo, input: { token: { $template: "Bearer {{ secrets.TOKEN }}" } } }
output: { $step: s }
`,
  cached: `
steps:
  - { id: s, component: /mine/echo, input: 1, cache: { ttl: 1h } }
output: { $step: s }
`,
}

describe.skipIf('missing' in installed)('flows on a Temporal server', () => {
  let project: TemporalProject
  let cluster: TemporalCluster
  let worker: RunningWorker
  const engine = () => project.words()
  const submit = (flow: string, input: unknown, id: string, ...more: readonly string[]) => {
    const words = [`flows/${flow}.yaml`, '--input-json', JSON.stringify(input), '--idempotency-key', id]
    return cluster.run(['submit', ...words, ...engine(), ...more])
  }
  const calls = (text: string) => project.calls(text)

  beforeAll(async () => {
    const found = installed as Exclude<typeof installed, { missing: string }>
    project = await TemporalProject.open(found, FLOWS, { renewAfter: 300 })
    cluster = project.cluster
    mkdirSync(`${cluster.folder}/schemas`)
    cluster.write('schemas/n.json', '{ "type": "object" }')
    cluster.write('flows/typed.yaml', `name: typed\ninput_schema: ../schemas/n.json${FLOWS.three}`)
    worker = await project.worker()
  }, 120_000)

  afterAll(async () => {
    await project?.close()
  })

  test('a flow is a workflow of its name, each call an activity of its path with an id of ours', async () => {
    const { code, out } = await submit('three', { n: 5 }, 'three')

    expect(JSON.parse(out)).toEqual({ outcome: 'success', result: { n: 40, text: 'n is 40' } })
    expect(code).toBe(0)
    const { text, events } = await cluster.history('three')
    expect(events).toHaveLength(5 + 6 * 3)
    expect(text).toContain('"name": "stepflow.three"')
    expect(text.match(/"activityId": "[^"]*"/g)).toEqual([
      '"activityId": "a|0/0/1|1"',
      '"activityId": "b|0/1/1|1"',
      '"activityId": "c|0/2/1|1"',
    ])
    expect(text).toContain('"name": "/mine/double"')
  })

  test('the same key finds the run that is there; with another input it is refused', async () => {
    await submit('three', { n: 7 }, 'once')
    const [again, other] = await Promise.all([submit('three', { n: 7 }, 'once'), submit('three', { n: 8 }, 'once')])

    expect(JSON.parse(again.out).result.n).toBe(56)
    expect(calls('double 7')).toBe(1)
    expect(other.code).not.toBe(0)
    expect(other.err).toContain('of another flow or input')
  })

  test('a flow inside is read by the worker, and its steps are activities, too', async () => {
    expect(await project.run('inside', null, 'inside')).toEqual({ outcome: 'success', result: 16 })
    const { text } = await cluster.history('inside')
    expect(text).toContain('"activityId": "a|0/0/1/0/0/1|1"')
  })

  test('a component server that has to be told of its run and flow is told, by ids', async () => {
    const outcome = await project.run('plain', { n: 1 }, 'plain')

    expect(outcome).toMatchObject({
      outcome: 'success',
      result: { component: '/params', input: { n: 1 }, step_id: 's' },
    })
    const { flow_id, run_id } = (outcome as { result: { flow_id: string; run_id: string } }).result // as expected
    expect(flow_id).toBe(contentId(await project.plan('plain')))
    expect(run_id).toMatch(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/)
  })

  test('a failure is repeated as the flow says, and never by Temporal', async () => {
    expect(await project.run('fails', { message: 'boom' }, 'fails')).toMatchObject({
      outcome: 'failed',
      error: { code: 'COMPONENT_FAILED', message: 'boom', step: 's' },
    })
    expect(cluster.lines('calls.txt').filter((line) => line.startsWith('boom'))).toEqual(['boom 1', 'boom 2', 'boom 3'])
  })

  test('retries of several steps and runs that are due at the same time are all made', async () => {
    cluster.write('runs.jsonl', '{}\n'.repeat(12))
    const words = ['submit', 'flows/again.yaml', '--inputs', 'runs.jsonl', '--idempotency-key', 'again', ...engine()]
    const { out } = await cluster.run(words)
    expect(out.trim().split('\n')).toEqual(Array(12).fill('{"outcome":"success","result":[1,2,3]}'))
  })

  test('a time limit ends the call at its component', async () => {
    expect(await project.run('timed', null, 'timed')).toMatchObject({ outcome: 'failed', error: { code: 'TIMEOUT' } })
    await until(() => calls('left timed') === 1)
  })

  test("a cancel gets to the component, and the run's reason to whoever looks", async () => {
    await submit('slow', { ms: 600_000, name: 'cancelled' }, 'cancelled', '--detach')
    await until(() => calls('began cancelled') === 1)
    const { code } = await cluster.run(['runs', 'cancel', 'cancelled', '--reason', 'not this one', ...engine()])

    expect(code).toBe(0)
    const ended = await submit('slow', { ms: 600_000, name: 'cancelled' }, 'cancelled')
    expect(ended.code).toBe(130)
    expect(JSON.parse(ended.out).error).toMatchObject({ code: 'CANCELLED', message: 'not this one' })
    await until(() => calls('left cancelled') === 1)
    expect((await cluster.history('cancelled')).events.at(-1)).toBe('WORKFLOW_EXECUTION_CANCELED')
  })

  test('an approval comes by the command line of Temporal, or by ours; it may come before the wait', async () => {
    await project.begin('ask', null, 'ask')
    const shown = await cluster.run(['runs', 'show', 'ask', '--json', ...engine()])
    expect(JSON.parse(shown.out)).toMatchObject({ runId: 'ask', status: 'running' })
    await cluster.temporal('workflow', 'signal', '-w', 'ask', '--name', 'approve', '--input', '{"n": 21}')
    expect(await project.outcome('ask')).toEqual({ outcome: 'success', result: 42 })

    await project.begin('ask', null, 'early')
    for (const n of [1, 2]) {
      const payload = ['--input-json', JSON.stringify({ n })]
      await cluster.run(['runs', 'signal', 'early', 'approve', ...payload, '--id', 'same', ...engine()])
    }
    expect(await project.outcome('early')).toEqual({ outcome: 'success', result: 2 })
  })

  test('a run that is paused calls nothing until it is resumed', async () => {
    await project.begin('ask', null, 'paused')
    expect((await cluster.run(['runs', 'pause', 'paused', ...engine()])).code).toBe(0)
    await cluster.run(['runs', 'signal', 'paused', 'approve', '--input-json', '{"n": 1000}', ...engine()])
    const shown = await cluster.run(['runs', 'show', 'paused', '--json', ...engine()])
    expect(JSON.parse(shown.out)).toMatchObject({ status: 'paused' })
    // Visibility is behind what happens.
    const listed = () => cluster.run(['runs', 'list', ...engine()])
    await until(async () => /^paused +paused/m.test((await listed()).out))
    expect(calls('double 1000')).toBe(0)
    expect((await cluster.run(['runs', 'resume', 'paused', ...engine()])).code).toBe(0)
    expect(await project.outcome('paused')).toEqual({ outcome: 'success', result: 2000 })
    await until(async () => /^paused +completed/m.test((await listed()).out))
  })

  test('a batch is a run for each line, in the order of the lines; the same key begins none again', async () => {
    cluster.write('lines.jsonl', '{"n": 101}\n{"n": 102}\nnonsense\n{"n": 103}\n')
    const words = ['submit', 'flows/three.yaml', '--inputs', 'lines.jsonl', '--idempotency-key', 'batch', ...engine()]
    const first = await cluster.run([...words, '--max-concurrent', '2'])
    const again = await cluster.run(words)

    const results = first.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(results.map(({ result, error }) => result?.n ?? error.code)).toEqual([808, 816, 'INVALID_INPUT', 824])
    expect(first.code).toBe(1)
    expect(again.out).toBe(first.out)
    expect(calls('double 101')).toBe(1)
    const begun = await cluster.run(
      [...words.slice(0, -2), '--detach', ...engine()].map((w) => (w === 'batch' ? 'left' : w)),
    )
    expect(begun).toMatchObject({ code: 1, out: 'left\n' })
    expect(begun.err).toMatch(
      /^left\.2 is not begun: line 3[^\n]*\nlines that have no run: 1\n3 runs were begun: from left\.0 to left\.3\n$/,
    )
    cluster.write('empty.jsonl', '')
    const none = await cluster.run(['submit', 'flows/three.yaml', '--inputs', 'empty.jsonl', '--detach', ...engine()])
    expect(none).toEqual({ code: 0, out: '', err: 'no run was begun\n' })
  })

  test('runs are listed by flow and status; what Temporal does not know of them is refused', async () => {
    const words = ['runs', 'list', '--json', ...engine()]
    const listed = async (more: string[]) =>
      (JSON.parse((await cluster.run([...words, ...more])).out) as { runId: string }[]).map(({ runId }) => runId)
    // Visibility is behind what happens.
    await until(async () => (await listed(['--status', 'cancelled'])).includes('cancelled'))
    expect(await listed(['--status', 'failed', '--flow', 'fails'])).toEqual(['fails'])
    const refused = await cluster.run([...words, '--label', 'a=b'])
    expect(refused.code).toBe(2)
    expect(refused.err).toContain('--label is nothing that Temporal can list runs by')
  })

  test('a long run is renewed by itself, and calls nothing twice', async () => {
    const list = Array.from({ length: 300 }, (_, n) => 5000 + n)
    cluster.write('list.json', JSON.stringify({ list }))
    const words = ['submit', 'flows/each.yaml', '--input', 'list.json', '--idempotency-key', 'each', ...engine()]
    const { out } = await cluster.run(words)

    expect(JSON.parse(out).result).toEqual(list.map((n) => ({ n: 2 * n })))
    expect(list.filter((n) => calls(`double ${n}`) !== 1)).toEqual([])
    const { text } = await cluster.history('each')
    expect(text).toContain('"continuedExecutionRunId": "')
    const shown = JSON.parse((await cluster.run(['runs', 'show', 'each', '--json', ...engine()])).out)
    expect(shown).toMatchObject({ status: 'completed' })
  })

  test('what cannot be done there is refused before anything begins', async () => {
    const refused = async (words: readonly string[]) => {
      const { code, err, out } = await cluster.run(words)
      expect(out).toBe('')
      return `${code} ${err}`
    }
    expect(await refused(['submit', 'flows/cached.yaml', ...engine()])).toMatch(/^2 .*step "s" has "cache"/)
    expect(await refused(['submit', 'flows/changed.yaml', ...engine()])).toMatch(
      /^2 .*changes or compares the secret "TOKEN"/,
    )
    expect(await refused(['run', 'flows/three.yaml', ...engine()])).toMatch(/^2 .*stepflow worker and stepflow submit/)
    expect(await refused(['serve', ...engine()])).toMatch(/^2 .*stepflow worker and stepflow submit/)
    expect(await refused(['runs', 'rerun', 'three', ...engine()])).toMatch(/^2 .*submit its flow again/)
    expect(await refused(['submit', 'flows/three.yaml', '--engine', 'temporal://127.0.0.1:1/default'])).toMatch(
      /^2 .*it names no task queue/,
    )
    expect(await refused(['submit', 'flows/three.yaml', ...engine(), '--url', 'http://127.0.0.1:1'])).toMatch(
      /^2 .*two places/,
    )
    const other = cluster.url().replace('/default?', '/nowhere?')
    expect(await refused(['submit', 'flows/three.yaml', '--engine', other])).toMatch(
      /^3 .*there is no namespace "nowhere"/,
    )
  })

  test('every history replays, and those of released versions do, too', async () => {
    const { out, err, code } = await project.replay(['three', 'once', 'again.3', 'batch.0', 'cancelled', 'each'])
    expect(err).toBe('')
    expect(out).toMatch(/^(\d+) of \1 histories replay\n$/)
    expect(code).toBe(0)
  })

  test('SIGTERM ends a worker with 0, after its calls have ended', async () => {
    await project.begin('slow', { ms: 1500, name: 'drained' }, 'drained')
    await until(() => calls('began drained') === 1)
    expect(await worker.stop()).toBe(0)
    expect(calls('ended drained')).toBe(1)
  })
})

test('without the package a temporal:// URL is refused with what to install', async () => {
  const { spawnSync } = await import('node:child_process')
  const { stepflow } = await import('./stepflow.ts')
  const words = [stepflow, 'worker', '--engine', 'temporal://127.0.0.1:1/default?task_queue=q']
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', cwd: root })
  expect(status).toBe(2)
  expect(stderr).toContain('npm install @stepflow/temporal')
})
