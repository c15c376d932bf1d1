// A store with what a page can show: 200 runs of eight flows over a day, and one in each state.

import { cpSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serve } from './serve.mjs'

const HOUR = 3_600_000
const DAY = '2026-11-29'
const PAYMENTS = 'payments-settlement-and-reconciliation-of-the-previous-day'

/** Hours ago, and how many runs begin then: few at night. */
const TIMES = [
  [23, 24],
  [21.5, 22],
  [20, 26],
  [17, 4],
  [13, 2],
  [9, 12],
  [6, 34],
  [4.5, 30],
  [2.2, 28],
  [0.6, 18],
]

export function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'stepflow-shots-'))
  const flows = join(folder, 'flows')
  cpSync(fileURLToPath(new URL('flows', import.meta.url)), flows, { recursive: true })
  cpSync(
    fileURLToPath(new URL('../src/model/hello-stepflow.yaml', import.meta.url)),
    join(flows, 'hello-stepflow.yaml'),
  )
  writeFileSync(join(flows, 'warehouse-sync.yaml'), wide(300))
  return folder
}

/** Runs that began in the past day; their server has ended. */
export async function past(folder) {
  let begun = 0
  for (const [hours, count] of TIMES) {
    const { call, end } = await serve(folder, { words: ['--flows', 'flows'], ago: hours * HOUR })
    await Promise.all(Array.from({ length: count }, (_, i) => call('/runs', one(begun + i))))
    begun += count
    await settled(call)
    await end()
  }
}

/** One run in each state; answers the ids. */
export async function now({ call }) {
  const id = async (body) => (await call('/runs', body)).runId
  const done = (flowName, input, more) => id({ flowName, input, wait: true, ...more })
  const settling = { day: DAY, banks: ['first', 'second'] }
  const ids = {
    wide: await done('warehouse-sync', {}),
    inside: await done(PAYMENTS, settling),
    failed: await done('ticket-triage', {}, { labels: { ticket: '5519' } }),
    nightly: await done('nightly-export', {}),
    nightlyToo: await done('nightly-export', {}),
    skipped: await done('student-enrolment', { name: 'Grace', missing: true }),
    batch: await id({ flowName: 'documents-embed', wait: true, inputs: documents(2_000) }),
    waiting: await id({ flowName: 'release-notes', input: {} }),
    cancelled: await id({ flowName: 'release-notes', input: {} }),
    paused: await id({ flowName: 'release-notes', input: {} }),
    approved: await id({ flowName: 'release-notes', input: {} }),
    hello: await id({ flowName: 'hello-stepflow', input: { name: 'Ada', words: ['steps', 'that', 'flow'] } }),
  }
  await settled(call)
  await call(`/runs/${ids.cancelled}/cancel`, {})
  await call(`/runs/${ids.paused}/pause`, {})
  const shipping = (more) =>
    `name: shipping\nsteps:\n  - { id: weigh, component: /builtin/noop }\n${more}output: { $step: weigh }\n`
  await call('/flows', { flow: shipping('') })
  await call('/flows', { flow: shipping('  - { id: label, component: /builtin/noop, needs: [weigh] }\n') })
  const { waits } = await call('/waits')
  const waitOf = (runId) => waits.find((wait) => wait.runId === runId).id
  const decided = waitOf(ids.approved)
  await call(`/waits/${decided}`, { answer: 'send', note: 'Thank you all' })
  const { steps } = await call(`/runs/${ids.inside}/steps`)
  const { startedAt } = await call(`/runs/${ids.nightly}`)
  return {
    ...ids,
    wait: waitOf(ids.waiting),
    decided,
    settle: steps.find(({ stepId }) => stepId === 'settle').inside,
    moment: new Date(Date.parse(startedAt) + 110).toISOString(),
  }
}

/** At a server that asks who one is: little, and secrets. */
export async function guarded({ call }) {
  const { runId: failed } = await call('/runs', { flowName: 'ticket-triage', input: {}, wait: true })
  await call('/runs', { flowName: 'release-notes', input: {} })
  for (const name of ['smtp_password', 'catalog_token', 'key_of_the_export_that_nobody_has_used_for_a_year']) {
    await call(`/secrets/${name}`, { value: `${name} is nothing to see` }, 'PUT')
  }
  await settled(call)
  const { waits } = await call('/waits')
  return { failed, wait: waits[0].id }
}

// ---

function documents(count) {
  return Array.from({ length: count }, (_, i) => ({ good: i % 97 !== 7, document: `report-${i}.pdf` }))
}

function one(i) {
  const order = 10_480 + i
  if (i % 8 === 1) return { flowName: 'student-enrolment', input: { name: `Student ${i}`, missing: i % 3 === 0 } }
  if (i % 24 === 2) return { flowName: 'ticket-triage', input: {}, labels: { ticket: String(5_000 + i) } }
  if (i % 8 === 3) return { flowName: PAYMENTS, input: { day: DAY, banks: ['first', 'second'] }, labels: { day: DAY } }
  if (i % 40 === 5) return { flowName: 'hello-stepflow', input: { name: 'Grace', words: ['steps'] } }
  if (i % 8 === 6) return { flowName: 'documents-embed', inputs: Array.from({ length: 20 }, () => ({ good: true })) }
  if (i % 80 === 7) return { flowName: 'release-notes', input: {} }
  const lines = Array.from({ length: (i % 4) + 1 }, (_, n) => ({ sku: `A-${1000 + n}`, n: n + 1 }))
  const labels = { order: String(order), customer: i % 3 ? 'acme' : 'initech' }
  return { flowName: 'orders', labels, input: { order, total: 40 + i, lines } }
}

/** Resolves when nothing runs that does not wait for somebody. */
async function settled(call) {
  for (;;) {
    const { runs } = await call('/runs?status=queued,running&limit=200')
    if (runs.every(({ waiting }) => waiting?.kind === 'signal')) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** A flow of so many steps: each reads one or two of those some places before it. */
function wide(count) {
  const names = ['read', 'match', 'price', 'count', 'pack', 'ship']
  const idOf = (i) => `${names[i % names.length]}_${Math.floor(i / names.length) + 1}`
  const steps = Array.from({ length: count }, (_, i) => {
    const needs = i < 6 ? [] : [idOf(i - 6), ...(i % 5 === 0 ? [idOf(i - 4)] : [])]
    return `  - { id: ${idOf(i)}, component: /builtin/noop, needs: [${needs.join(', ')}] }`
  })
  return `name: warehouse-sync\nsteps:\n${steps.join('\n')}\noutput: { $step: ${idOf(count - 1)} }\n`
}
