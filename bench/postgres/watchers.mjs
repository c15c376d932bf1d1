// Sixteen writers, each a store of its own that commits row after row, while another process watches all that they write; beside
// the same writers while nobody does. And how soon that process hears of a row, if there is one every 10 ms.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createPostgresStore } from '../../packages/store-postgres/dist/index.js'
import { line, median, number, percentile, takeTurns, timed } from '../measure.mjs'
import { isQuick } from '../programs.mjs'

const WRITERS = 16
const COMMITS = isQuick ? 20 : 150
const HEARD = isQuick ? 50 : 300
const EVERY_MS = 10

export async function measureWatchers(server) {
  const url = `${server.url}?schema=watched`
  const stores = await openAll(url)
  try {
    const writers = await Promise.all(stores.map((store, i) => writerOn(store, `run-${i}`)))
    const writeAll = () => timed(() => Promise.all(writers.map((writer) => writer.write(COMMITS))))
    const heard = []
    const { ratios, floors, subjects } = await takeTurns(
      writeAll,
      () =>
        watched(url, writers, async (watcher) => {
          const took = await writeAll()
          const expected = WRITERS * COMMITS
          const rows = await watcher.heard(expected)
          if (rows.length !== expected) throw new Error(`${rows.length} rows of ${expected} were heard of`)
          return took
        }),
      { rounds: isQuick ? 2 : 5 },
    )
    await watched(url, writers, async (watcher) => {
      const written = new Map()
      for (let i = 0; i < HEARD; i++) {
        await new Promise((next) => setTimeout(next, EVERY_MS))
        written.set(await writers[i % WRITERS].write(1), Date.now())
      }
      for (const [row, at] of await watcher.heard(HEARD)) heard.push(Math.max(0, at - written.get(row)))
    })
    const rate = (took) => number((WRITERS * COMMITS * 1000) / median(took))
    const note = `${rate(subjects)} commits/s; watched by nobody: ${rate(floors)}`
    return [
      line({
        ...{ what: `${WRITERS} writers that another node watches`, goal: '<= 1.11x the time without' },
        ...{ limit: 1 / 0.9, values: ratios, note },
      }),
      line({
        ...{
          what: '  how soon it hears of a row, p99',
          goal: '<= 50 ms',
          limit: 50,
          values: [percentile(heard, 0.99)],
          unit: 'ms',
        },
        note: `p50 ${number(median(heard))} ms`,
      }),
    ]
  } finally {
    for (const store of stores) await store.close()
  }
}

// ---

/** One after the other: the first makes the schema. */
async function openAll(url) {
  const stores = []
  while (stores.length < WRITERS) stores.push(await createPostgresStore({ url }))
  return stores
}

async function writerOn(store, run) {
  const journal = `${run}/0`
  const plan = { name: 'p', entry: 0, exit: 0, onFailure: 'stop', steps: [] }
  await store.append({ journal, after: 0, entries: [{ type: 'created', at: 1, run, plan, from: 0, inputs: [null] }] })
  let after = 1
  const outcome = { outcome: 'success', result: { data: 'x'.repeat(900) } }
  return {
    run,
    /** Gives the name of the last row. */
    async write(count) {
      for (const end = after + count; after < end; after++) {
        const entry = { type: 'settled', at: Date.now(), item: 0, step: after, visit: 0, attempt: 1, outcome }
        await store.append({ journal, after, entries: [entry] })
      }
      return `${journal} ${after - 1}`
    },
  }
}

async function watched(url, writers, use) {
  const child = fork(fileURLToPath(new URL('watch.mjs', import.meta.url)), [url, ...writers.map(({ run }) => run)])
  const closed = new Promise((resolve) => child.once('close', resolve))
  const answer = () => new Promise((resolve) => child.once('message', resolve))
  try {
    await answer()
    return await use({
      /** What it has heard of, once it is so much; or after 10 s. */
      async heard(count) {
        const rows = []
        for (let tries = 0; rows.length < count && tries < 100; tries++) {
          const answered = answer()
          child.send({})
          rows.push(...(await answered))
          if (rows.length < count) await new Promise((again) => setTimeout(again, 100))
        }
        return rows
      },
    })
  } finally {
    child.kill('SIGKILL')
    await closed
  }
}
