// A network between a store and its database that breaks in every way: nothing is done twice, nothing is lost.

import type { Store } from '@stepflow/engine'
import { createPostgresStore } from '@stepflow/store-postgres'
import { expect, test, vi } from 'vitest'
import { created, settled } from './entries.ts'
import { type Network, startNetwork } from './network.ts'
import type { PostgresServer } from './server.ts'
import { withPostgres } from './with-postgres.ts'

const WITHIN = { timeout: 50_000 }
await withPostgres(suite)

function suite(server: PostgresServer): void {
  let schemas = 0
  interface Opened {
    readonly url: string
    readonly store: Store
    readonly network: Network
    end(): Promise<void>
  }
  const open = async (log?: string[]): Promise<Opened> => {
    const url = `${server.url}?schema=n${schemas++}`
    const network = await startNetwork(server.port)
    const store = await createPostgresStore({
      ...{ url: url.replace(`:${server.port}/`, `:${network.port}/`), pollMs: 20 },
      log: (_, message) => void log?.push(message),
    })
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    const end = async () => {
      network.mend()
      await store.close()
      await network.stop()
    }
    return { url, store, network, end }
  }

  test('a row whose answer was lost is recognised, with a fence and without', async () => {
    const { store, network, end } = await open()

    for (let n = 1; n < 12; n++) {
      const lost = network.loseAnswer()
      const append = store.append({ journal: 'r/0', ...(n % 2 ? { after: n } : {}), entries: [settled(n)] })
      await lost
      await append
    }

    const types = (await store.read('r/0')).map(({ entries: [entry] }) => entry?.type)
    expect(types).toEqual(['created', ...Array<string>(11).fill('settled')])
    expect(await store.runs.shard('r/0')).toMatchObject({ rows: 12 })
    await end()
  })

  test('a journal is driven by whoever took it, also if the answer to that was lost', async () => {
    const { store, network, end } = await open()
    const [journal, other] = ['r/1', 'r/2']
    for (const one of [journal, other]) {
      await store.append({ journal: one, after: 0, entries: [created('r', [1])], wakes: [{ journal: one, at: 0 }] })
      await store.putDown?.({ journal: one, at: 0 })
    }
    const driven: string[] = []
    const lost = network.loseAnswer('take-due')
    const work = store.work(async (one) => {
      driven.push(one)
      return null
    })
    await lost

    await vi.waitFor(() => expect(driven).toEqual(expect.arrayContaining([journal, other])), WITHIN)
    await work.stop()
    await end()
  })

  test('while it is cut, what is written is refused; afterwards it goes on, and watchers have missed nothing', async () => {
    const { store, network, end } = await open()
    const heard: number[] = []
    store.watch({ run: 'r' }, ({ seq }) => heard.push(seq))
    await store.append({ journal: 'r/0', after: 1, entries: [settled(1)] })
    network.cut()
    const away = { code: 'RESOURCE_UNAVAILABLE', message: expect.not.stringContaining('s3cr') }
    await expect(store.read('r/0')).rejects.toMatchObject(away)
    await expect(store.append({ journal: 'r/0', after: 2, entries: [settled(2)] })).rejects.toMatchObject(away)
    network.mend()

    await vi.waitFor(() => store.append({ journal: 'r/0', after: 2, entries: [settled(2)] }), WITHIN)
    await vi.waitFor(() => expect(heard).toEqual([1, 2]), WITHIN)
    await end()
  })

  test('while it is held, nothing is answered; what went out is there once, whether it arrives late or never', async () => {
    for (const how of ['late', 'never'] as const) {
      const { store, network, end } = await open()
      network.hold()
      let isAnswered = false
      const append = Promise.resolve(store.append({ journal: 'r/0', after: 1, entries: [settled(1)] })).then(() => {
        isAnswered = true
      })
      // Others wait behind it, each for its own connection.
      const behind = store.append({ journal: 's/0', after: 0, entries: [created('s')] })
      await new Promise((resolve) => setImmediate(resolve))
      expect(isAnswered).toBe(false)
      if (how === 'never') network.cut()
      network.mend()
      await Promise.all([append, behind].map((one) => Promise.resolve(one).catch(refused)))
      await vi.waitFor(async () => {
        // As the engine does: written again unless it is there.
        if ((await store.read('r/0')).length < 2) {
          await store.append({ journal: 'r/0', after: 1, entries: [settled(1)] })
        }
      }, WITHIN)
      expect(await store.read('r/0')).toHaveLength(2)
      await end()
    }
  })

  test('connections that have died without a word are given up soon: nothing waits as long as a statement may take', async () => {
    const { url, store, network, end } = await open()
    const direct = await createPostgresStore({ url })
    const heard: number[] = []
    store.watch({ run: 'r' }, ({ seq }) => heard.push(seq))
    await Promise.all([store.cursor(), store.read('r/0'), store.read('r/0')])
    const before = performance.now()
    network.deafen('all')

    await direct.append({ journal: 'r/0', after: 1, entries: [settled(1)] })
    await vi.waitFor(() => expect(heard).toEqual([1]), WITHIN)
    await store.append({ journal: 'r/0', after: 2, entries: [settled(2)] })
    await vi.waitFor(() => store.read('r/0'), WITHIN)
    expect(performance.now() - before).toBeLessThan(20_000)
    expect(await direct.read('r/0')).toHaveLength(3)
    await direct.close()
    await end()
  })

  test('two seconds each way make it slow, and nothing else', async () => {
    const log: string[] = []
    const { store, network, end } = await open(log)
    network.delay(2_000)
    await Promise.all([1, 2].map((n) => store.append({ journal: `t${n}/0`, after: 0, entries: [created(`t${n}`)] })))
    await store.append({ journal: 'r/0', after: 1, entries: [settled(1)] })
    network.delay(0)
    expect(await store.runs.open()).toMatchObject([{ isOurs: true }, { isOurs: true }, { isOurs: true }])
    expect(log).toEqual([])
    await end()
  })

  test('sessions that are ended at random under load repeat nothing and lose nothing', async () => {
    const { default: pg } = await import('pg')
    const { store, end } = await open()
    const killer = new pg.Client({ connectionString: server.url, application_name: 'killer' })
    await killer.connect()
    let isOver = false
    let [kills, written] = [0, 0]
    // Each time a few rows are there: otherwise nobody would get anywhere.
    const killing = (async () => {
      for (let at = 0; !isOver; at = written) {
        await vi.waitFor(() => expect(isOver || written > at + 4).toBe(true), WITHIN)
        const { rowCount } = await killer.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'stepflow' ORDER BY random() LIMIT 2`,
        )
        kills += rowCount ?? 0
      }
    })()
    const write = async (run: string) => {
      for (let after = 0; after < 60; ) {
        try {
          await store.append({ journal: `${run}/0`, after, entries: [after === 0 ? created(run) : settled(after)] })
          after++
          written++
        } catch (error) {
          refused(error)
          // It may have been written all the same.
          await vi.waitFor(async () => {
            after = (await store.read(`${run}/0`)).length
          }, WITHIN)
        }
      }
    }
    const runs = ['a', 'b', 'c', 'd']
    await Promise.all(runs.map(write))
    isOver = true
    await killing
    await killer.end()

    expect(kills).toBeGreaterThan(0)
    for (const run of runs) {
      const steps = (await vi.waitFor(() => store.read(`${run}/0`), WITHIN)).map(({ entries: [entry] }) =>
        entry?.type === 'settled' ? entry.step : 0,
      )
      expect(steps).toEqual(Array.from({ length: 60 }, (_, n) => n))
    }
    await end()
  })
}

// ---

/** The only refusal that there may be. */
function refused(error: unknown): void {
  expect(error).toMatchObject({ code: 'RESOURCE_UNAVAILABLE' })
}
