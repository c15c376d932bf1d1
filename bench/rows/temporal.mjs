// Our flows on a Temporal server beside a workflow written by hand in TypeScript: the same functions as activities, with the
// same options, on the same server, in turns. Then how soon a cancel gets to a component, and calls are made again whose worker
// was killed. Skipped where there is no server, or not the package.

import { line, median, number, takeTurns } from '../measure.mjs'
import { isQuick, loadEngine, planOf, scratch } from '../programs.mjs'
import { startTemporal } from '../temporal/cluster.mjs'
import { measureEnds } from '../temporal/ends.mjs'
import { byHand, endWorkers, load, ours } from '../temporal/subjects.mjs'

const ROUNDS = isQuick ? 2 : 6
const MB_MORE = 100

export async function measure() {
  const folder = scratch()
  const cluster = await startTemporal(folder)
  if (typeof cluster === 'string') return cluster
  try {
    const engine = await loadEngine(folder)
    const our = await ours(cluster, (flow) => planOf(engine, flow))
    const plain = await byHand(cluster)
    const few = isQuick ? 1 / 3 : 1
    const lines = [
      ...(await besides(our, plain, { name: 'chain', steps: 10, runs: Math.round(64 * few), atOnce: 32 })),
      ...(await besides(our, plain, { name: 'fan', steps: 20, runs: Math.round(48 * few), atOnce: 16 })),
      await lone(our, plain, { name: 'chain', steps: 3, runs: Math.round(11 * few), atOnce: 1 }),
      memory(our, plain),
      ...(await events(our, plain)),
      ...(await measureEnds(our, plain, cluster)),
    ]
    // Not where something has failed: what is still asked for would fail for that, and hide it.
    for (const subject of [our, plain]) await subject.close()
    return lines
  } finally {
    await endWorkers()
    await cluster.close()
  }
}

// ---

const WHAT = {
  chain: ({ steps, atOnce }) => `runs of ${steps} steps in a row, ${atOnce} at once`,
  fan: ({ steps, atOnce }) => `runs of ${steps} steps at once, ${atOnce} runs at once`,
}

async function besides(our, plain, kind) {
  const cpus = { our: [], plain: [] }
  const turn = (subject, name) => async (round) => {
    const { ms, cpu } = await load(subject, kind)
    if (round >= 0) cpus[name].push(cpu / kind.runs / kind.steps)
    return ms
  }
  const { floors, subjects, ratios } = await takeTurns(turn(plain, 'plain'), turn(our, 'our'), { rounds: ROUNDS })
  const rate = (values) => number((kind.runs * kind.steps * 1000) / median(values))
  return [
    line({
      ...{ what: WHAT[kind.name](kind), goal: '<= 1.3x the time of one written by hand', limit: 1.3, values: ratios },
      note: `${rate(subjects)} steps/s; by hand: ${rate(floors)}`,
    }),
    line({
      ...{ what: '  CPU of the worker', goal: '<= 1.4x', limit: 1.4 },
      values: cpus.our.map((ms, i) => ms / cpus.plain[i]),
      note: `${number(median(cpus.our))} ms a step; by hand: ${number(median(cpus.plain))} ms`,
    }),
  ]
}

async function lone(our, plain, kind) {
  const turn = (subject) => async () => median((await load(subject, kind)).times)
  const { floors, subjects, ratios } = await takeTurns(turn(plain), turn(our), { rounds: ROUNDS })
  return line({
    ...{ what: `a lone run of ${kind.steps} steps, p50`, goal: '<= 1.05x', limit: 1.05, values: ratios },
    note: `${number(median(subjects))} ms; by hand: ${number(median(floors))} ms`,
  })
}

function memory(our, plain) {
  const [ourMb, plainMb] = [our.worker.peak(), plain.worker.peak()]
  return line({
    ...{
      what: 'memory of the worker, beyond that of one written by hand',
      goal: `<= ${MB_MORE} MB`,
      limit: MB_MORE,
      unit: 'MB',
    },
    ...{ values: [ourMb - plainMb], note: `at its peak: ${number(ourMb)} MB; by hand: ${number(plainMb)} MB` },
  })
}

async function events(our, plain) {
  const lengthOf = async (id) => Number((await plain.workflow.getHandle(id).describe()).historyLength)
  const of = async (subject, kind) => lengthOf((await load(subject, { ...kind, runs: 1, atOnce: 1 })).last)
  const chain = { name: 'chain', steps: 10 }
  const inARow = [await of(our, chain), await of(plain, chain)]
  const fans = []
  for (let i = 0; i < (isQuick ? 4 : 20); i++) {
    const kind = { name: 'fan', steps: 20 }
    fans.push((await of(our, kind)) / (await of(plain, kind)))
  }
  const again = {
    name: 'again',
    steps: [{ id: 'a', component: '/jobs/fails_once', retry: { attempts: 2, delay: '1ms' } }],
  }
  await our.begin(again, 'again')
  await our.runs.outcome('again')
  const goal = (count) => `<= ${count}`
  return [
    line({
      ...{ what: 'events of a run of 10 steps in a row', goal: goal(65), limit: 65, unit: '' },
      ...{ values: [inARow[0]], note: `by hand: ${inARow[1]}` },
    }),
    line({ what: '  of 20 steps at once', goal: '<= 1.05x those by hand', limit: 1.05, values: fans }),
    line({
      ...{ what: '  of one step whose first attempt fails', goal: goal(22), limit: 22, unit: '' },
      values: [await lengthOf('again')],
    }),
  ]
}
