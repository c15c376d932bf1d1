// How soon what was begun is ended: a cancel gets to a call at a component server; calls whose worker was killed are made again
// by another one.

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { line, number } from '../measure.mjs'
import { isQuick } from '../programs.mjs'

const CANCELS = isQuick ? 2 : 6
const CALLS = 30
const LOOK_MS = 10

export async function measureEnds(our, { workflow }, cluster) {
  const file = join(cluster.folder, 'calls')
  const noted = async (holds) => {
    for (;;) {
      const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
      if (holds(lines)) return lines
      await new Promise((again) => setTimeout(again, LOOK_MS))
    }
  }
  const took = []
  for (let i = 0; i < CANCELS; i++) {
    rmSync(file, { force: true })
    await our.begin({ name: 'cancelled', steps: [{ id: 's', component: '/server/wait' }] }, `cancelled-${i}`)
    await noted((lines) => lines.some((one) => one.startsWith('began')))
    const asked = Date.now()
    await workflow.getHandle(`cancelled-${i}`).cancel()
    const lines = await noted((all) => all.some((one) => one.startsWith('left')))
    took.push((Number(lines.at(-1).split(' ')[1]) - asked) / 1000)
  }
  rmSync(file, { force: true })
  const ids = Array.from({ length: CALLS }, (_, i) => `killed-${i}`)
  const flow = { name: 'killed', steps: [{ id: 's', component: '/jobs/slow' }] }
  await Promise.all(ids.map((id) => our.begin(flow, id)))
  await noted((lines) => lines.length === CALLS)
  our.worker.kill('SIGKILL')
  const killed = Date.now()
  our.worker = await our.startWorker()
  await Promise.all(ids.map((id) => our.runs.outcome(id)))
  const again = (await noted((lines) => lines.length >= 2 * CALLS)).map(Number).sort((a, b) => a - b)
  return [
    line({
      ...{ what: 'from a cancel to the component server', goal: '<= 1 s', limit: 1, unit: 's', values: took },
      note: `longest: ${number(Math.max(...took))} s`,
    }),
    line({
      ...{
        what: `a worker is killed in ${CALLS} calls: the last is made again after`,
        goal: '<= 10 s',
        limit: 10,
        unit: 's',
      },
      values: [(again.at(-1) - killed) / 1000],
    }),
  ]
}
