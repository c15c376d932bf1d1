// What may go wrong with three nodes and their database, one after the other for each of them, at random from a seed. Each
// fault is healed before the next one of the same kind.

import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { PostgresServer } from '../../packages/store-postgres/test/server.ts'
import { pick } from '../chance.ts'
import { createLateness } from './after-faults.ts'
import type { Member } from './member.ts'
import type { OtherTime } from './other-time.ts'

export interface FaultsOptions {
  readonly members: readonly Member[]
  readonly server: PostgresServer
  readonly schema: string
  /** From a seed, for each who asks. */
  readonly chance: (who: number) => () => number
  readonly isOver: () => boolean
  /** For nodes that are started with another time; undefined where there is none. */
  readonly otherTime: OtherTime | undefined
  readonly note: (what: string) => void
}

/** Everybody and everything works again once it resolves. Returns how many faults there were. */
export async function makeFaults(options: FaultsOptions): Promise<number> {
  const { members, isOver, chance } = options
  let count = 0
  // Nodes that take long to start would do nothing but start.
  const slowness = () => Math.max(1, ...members.map(({ startMs }) => startMs / USUAL_START_MS))
  const go = async (random: () => number, longestMs: number, act: (random: () => number) => Promise<void>) => {
    while (!isOver()) {
      await wait((200 + random() * longestMs) * slowness())
      if (isOver()) return
      await act(random)
      count++
    }
  }
  await Promise.all([
    ...members.map((member, n) => go(chance(n), 2_000, (random) => ofMember(member, random, options))),
    go(chance(members.length), DATABASE_MS, (random) => ofDatabase(random, options)),
  ])
  return count
}

// ---

/** A node that says nothing for longer may have lost what it had in hand; a little less than its silence. */
const LOST_MS = 8_000
/** On a machine that has nothing else to do. */
const USUAL_START_MS = 1_500
/** Between faults of the database: whoever starts needs it for a while. */
const DATABASE_MS = 8_000

async function ofMember(member: Member, random: () => number, options: FaultsOptions): Promise<void> {
  const { name, network, node } = member
  const ms = Math.floor(random() * random() * 14_000)
  const during = async (begin: () => void, end: () => void, longest = ms) => {
    const found = longest > LOST_MS ? member.loses() : undefined
    begin()
    await wait(longest)
    end()
    found?.()
  }
  const kinds: Readonly<Record<string, () => Promise<unknown>>> = {
    'is killed': async () => {
      const found = member.loses()
      node.child.kill('SIGKILL')
      await node.ended
      await wait(random() * 2_000)
      await restart(member, random, options)
      found()
    },
    'is ended': async () => {
      node.child.kill('SIGTERM')
      const code = await node.ended
      if (code !== 0) throw new Error(`${name} ended with ${code}: ${node.said().slice(-2_000)}`)
      await restart(member, random, options)
    },
    'is stopped': () =>
      during(
        () => node.child.kill('SIGSTOP'),
        () => node.child.kill('SIGCONT'),
      ),
    'is cut off': () => during(network.cut, network.mend),
    'hears nothing': () => during(() => network.hold(), network.mend),
    'hears and is not heard': () => during(() => network.hold('there'), network.mend),
    'is heard and does not hear': () => during(() => network.hold('back'), network.mend),
    'has dead connections': async () => network.deafen(pick(random, ['listening', 'all'])),
    'hears late': () => during(() => network.delay(20 + random() * 1_000), network.mend, Math.min(ms, 4_000)),
    'loses an answer': () => Promise.race([network.loseAnswer(), wait(2_000)]),
  }
  const kind = pick(random, Object.keys(kinds))
  options.note(`${name} ${kind} (${ms} ms)`)
  await kinds[kind]?.()
}

async function restart(member: Member, random: () => number, { otherTime, isOver }: FaultsOptions): Promise<void> {
  const clock = pick(random, [undefined, '+1h', '-1h'])
  const { name, ready, said } = member.start(clock === undefined ? {} : otherTime?.(clock))
  const isLate = createLateness(isOver)
  let isStarted = false
  const started = ready.then(() => {
    isStarted = true
  })
  while (!isStarted) {
    if (isLate()) throw new Error(`${name} has not started in time (${clock}): ${said()}`)
    await Promise.race([started, wait(500)])
  }
}

async function ofDatabase(random: () => number, { server, schema, note }: FaultsOptions): Promise<void> {
  const ms = Math.floor(random() * random() * 6_000)
  const kinds: Readonly<Record<string, () => Promise<unknown>>> = {
    'is restarted': () => server.restart('SIGINT', () => wait(ms)),
    'breaks off': () => server.restart('SIGQUIT', () => wait(ms)),
    'is killed': () => server.restart('SIGKILL', () => wait(ms)),
    'ends sessions': () =>
      query(server, async (client) => {
        for (let times = 0; times < 5; times++) {
          await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'stepflow' ORDER BY random() LIMIT 4`)
          await wait(200)
        }
      }),
    'has locked rows': () =>
      query(server, async (client) => {
        await client.query('BEGIN')
        await client.query(`SELECT FROM "${schema}".shards FOR UPDATE`)
        await wait(ms)
        await client.query('ROLLBACK')
      }),
    'has deadlocks': () =>
      query(server, async (client) => {
        for (let times = 0; times < 20; times++) {
          await client.query('BEGIN')
          await client.query(`SELECT FROM "${schema}".runs ORDER BY id DESC LIMIT 20 FOR UPDATE`)
          await client.query(`SELECT FROM "${schema}".shards ORDER BY run DESC, part DESC LIMIT 20 FOR UPDATE`)
          await client.query('ROLLBACK').catch(() => {})
        }
      }),
  }
  const kind = pick(random, Object.keys(kinds))
  note(`the database ${kind} (${ms} ms)`)
  await kinds[kind]?.()
}

/** By a program that is none of ours, and that its own faults may hit. */
async function query(server: PostgresServer, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: server.url, application_name: 'a second session' })
  client.on('error', () => {})
  await client.connect()
  try {
    await use(client)
  } catch (error) {
    if ((error as { code?: string }).code !== '40P01') throw error
  } finally {
    await client.end()
  }
}
