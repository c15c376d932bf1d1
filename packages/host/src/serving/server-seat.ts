// The one server that an embedded store has, on record in the store: who serves it, and where. Whoever finds the seat taken by
// a process that lives does not serve; a process that has ended, or is silent, has left it.

import { randomUUID } from 'node:crypto'
import { type Clock, FlowError, isRecord, type Log, type Store, type StoredRecord } from '@stepflow/engine'
import { isProcessAlive, thisHost } from '@stepflow/engine/node'

const COLLECTION = 'server'
const KEY = 'seat'
const BEAT_MS = 5_000
const SILENT_MS = 20_000
/** In a container that is started again, the server has the number that the one before had. */
const THIS_PROCESS = randomUUID()

export interface TakeSeat {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** Called once if another server has taken the seat: we were silent for too long. */
  readonly onLost: () => void
}

/** A server's place in its store. */
export interface ServerSeat {
  /** Others find the server there from now on. */
  announce(url: string): Promise<void>
  leave(): Promise<void>
}

/** Throws CONFLICT if another server has it. */
export async function takeSeat({ store, clock, log, onLost }: TakeSeat): Promise<ServerSeat> {
  const before = await store.records.get(COLLECTION, KEY)
  const holder = before && holderOf(before)
  if (holder && isAlive(holder, clock.now())) throw taken(holder)
  const own = { pid: process.pid, host: thisHost(), process: THIS_PROCESS }
  let url: string | undefined
  let version = before?.version ?? 0
  let isOver = false
  const write = async () => {
    const value = { ...own, seenAt: clock.now(), ...(url === undefined ? {} : { url }) }
    version = await store.records.put({ collection: COLLECTION, key: KEY, version, value })
  }
  try {
    await write()
  } catch (thrown) {
    if (!isConflict(thrown)) throw thrown
    const winner = await store.records.get(COLLECTION, KEY)
    throw taken(winner && holderOf(winner))
  }
  // One after the other: each needs the version that the one before has left.
  let writing: Promise<void> = Promise.resolve()
  const beat = () => {
    writing = writing.then(async () => {
      if (isOver) return
      try {
        await write()
      } catch (thrown) {
        if (isOver) return
        if (!isConflict(thrown))
          return log('warning', `that this server lives cannot be written: ${(thrown as Error).message}`)
        isOver = true
        onLost()
      }
    })
    return writing
  }
  let cancel = () => {}
  const next = () => {
    cancel = clock.timer(BEAT_MS, () => void beat().then(() => !isOver && next()))
  }
  next()
  return {
    announce(address) {
      url = address
      return beat()
    },
    async leave() {
      cancel()
      await writing
      if (isOver) return
      isOver = true
      await store.records.delete({ collection: COLLECTION, key: KEY, version })
    },
  }
}

/** Where the server of a store is, if it has one; `http://127.0.0.1:7837/x`, without a slash at the end. */
export async function servedAt(store: Store, now: number): Promise<string | undefined> {
  const record = await store.records.get(COLLECTION, KEY)
  const holder = record && holderOf(record)
  return holder && isAlive(holder, now) ? holder.url : undefined
}

// ---

interface Holder {
  readonly pid: number
  readonly host: string
  readonly process?: string
  readonly seenAt: number
  readonly url?: string
}

function holderOf({ value }: StoredRecord): Holder | undefined {
  return isRecord(value) ? (value as unknown as Holder) : undefined // we have written it
}

function taken(holder: Holder | undefined): FlowError {
  const where = holder?.url === undefined ? '' : ` at ${holder.url}`
  const who = holder === undefined ? '' : ` (process ${holder.pid})`
  return new FlowError('CONFLICT', `another server serves this store${where}${who}: end it, or use another --store`)
}

/** A number of a process that has ended is soon another's: a holder that lives is also heard of. */
function isAlive({ pid, host, process: known, seenAt }: Holder, now: number): boolean {
  if (now - seenAt > SILENT_MS) return false
  if (host !== thisHost()) return true
  return pid === process.pid ? known === THIS_PROCESS : isProcessAlive(pid)
}

function isConflict(thrown: unknown): boolean {
  return FlowError.is(thrown) && thrown.code === 'CONFLICT'
}
