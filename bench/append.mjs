// What an append costs beside a bare loop of inserts with the same driver. Needs a build: npm run build.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../packages/store-sqlite/dist/drivers.js'
import { createSqliteStore } from '../packages/store-sqlite/dist/index.js'

const ROWS = 64_000
const WAITING = 64
const LONE = 500

const folder = mkdtempSync(join(tmpdir(), 'stepflow-bench-'))
const text = JSON.stringify({ data: 'x'.repeat(188) })
const result = JSON.parse(text)
const entry = (step) => {
  const outcome = { outcome: 'success', result }
  return { type: 'settled', at: Date.now(), item: 0, step, visit: 0, attempt: 1, outcome }
}

const micros = (since, count) => Number(process.hrtime.bigint() - since) / 1000 / count
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1]

async function bare(path) {
  const db = await openDatabase(path)
  db.prepare('PRAGMA journal_mode = WAL').get()
  db.exec('PRAGMA synchronous = FULL')
  db.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT)')
  const [begin, insert, commit] = ['BEGIN IMMEDIATE', 'INSERT INTO rows (body) VALUES (?)', 'COMMIT'].map((sql) =>
    db.prepare(sql),
  )
  const grouped = process.hrtime.bigint()
  for (let row = 0; row < ROWS; row += WAITING) {
    begin.run()
    for (let i = 0; i < WAITING; i++) insert.run(text)
    commit.run()
  }
  const perRow = micros(grouped, ROWS)
  const alone = process.hrtime.bigint()
  for (let row = 0; row < LONE; row++) {
    begin.run()
    insert.run(text)
    commit.run()
  }
  const perCommit = micros(alone, LONE)
  db.close()
  return { perRow, perCommit }
}

async function store(path) {
  const kept = await createSqliteStore({ path })
  const plan = { name: 'p', entry: 0, exit: 0, onFailure: 'stop', steps: [] }
  const created = (run) => ({ type: 'created', at: 1, run, plan, from: 0, inputs: [null] })
  const begin = (run) => kept.append({ journal: `${run}/0`, after: 0, entries: [created(run)] })
  await Promise.all(Array.from({ length: WAITING }, (_, run) => begin(`run-${run}`)))
  await begin('alone')

  const grouped = process.hrtime.bigint()
  const driver = async (journal) => {
    for (let after = 1; after <= ROWS / WAITING; after++) await kept.append({ journal, after, entries: [entry(after)] })
  }
  await Promise.all(Array.from({ length: WAITING }, (_, run) => driver(`run-${run}/0`)))
  const perRow = micros(grouped, ROWS)

  const alone = process.hrtime.bigint()
  for (let after = 1; after <= LONE; after++) await kept.append({ journal: 'alone/0', after, entries: [entry(after)] })
  const perCommit = micros(alone, LONE)
  await kept.close()
  return { perRow, perCommit }
}

const rounds = []
for (let round = 0; round < 5; round++) {
  rounds.push({
    bare: await bare(join(folder, `bare-${round}.db`)),
    store: await store(join(folder, `store-${round}.db`)),
  })
}
rmSync(folder, { recursive: true, force: true })

const of = (who, what) => median(rounds.map((round) => round[who][what]))
const line = (name, what) => {
  const [own, floor] = [of('store', what), of('bare', what)]
  console.log(
    `${name.padEnd(28)} ${own.toFixed(1).padStart(8)} us   bare ${floor.toFixed(1).padStart(8)} us   ${(own / floor).toFixed(2)}x`,
  )
}
console.log(`Node ${process.version}, ${ROWS} rows, medians of ${rounds.length}`)
line(`append, ${WAITING} waiting`, 'perRow')
line('append, alone', 'perCommit')
