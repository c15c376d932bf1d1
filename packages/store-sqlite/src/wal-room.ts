// Room in the write-ahead log. To sync a file that has grown takes twice as long as to sync one that has not: the file system
// has to write down where the new blocks are. So the file of the log is made longer than what is written of it.
//
// G1  Nobody else writes to the log meanwhile: room is made inside a transaction that has begun to write, behind all that is
//     there.
// G2  It is full of zeros. For SQLite the log ends where what follows is no page of the present round, as it does where pages
//     of an earlier round follow.
// G3  It is as much again as there is, within limits: who writes little makes no room.

import { closeSync, fstatSync, ftruncateSync, openSync, realpathSync, writeSync } from 'node:fs'

export class WalRoom {
  readonly #path: string
  #file: number | undefined
  /** As long as it was when somebody last looked. */
  #size = 0
  #transactions = 0
  #isOver = false

  /** `path`: of the database. */
  constructor(path: string) {
    this.#path = path
  }

  /** To be asked before each transaction. */
  isUsedUp(): boolean {
    if (this.#isOver || ++this.#transactions % LOOK_EVERY !== 0) return false
    const before = this.#size
    try {
      this.#file ??= openSync(`${realpathSync(this.#path)}-wal`, 'r+')
      this.#size = fstatSync(this.#file).size
    } catch {
      // It can do without.
      this.#isOver = true
    }
    return !this.#isOver && this.#size > before && this.#size < MOST_BYTES
  }

  /** G1. After a look. */
  make(): void {
    const file = this.#file as number // opened by the look
    const { size } = fstatSync(file)
    const room = Buffer.alloc(Math.min(Math.max(size, LEAST_ROOM), MOST_ROOM))
    try {
      for (let at = 0; at < room.length; ) at += writeSync(file, room, at, room.length - at, size + at)
      this.#size = size + room.length
    } catch {
      // The disk is nearly full, and has better use for what was written.
      this.#isOver = true
      cut(file, size)
    }
  }

  close(): void {
    this.#isOver = true
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }
}

// ---

function cut(file: number, size: number): void {
  try {
    ftruncateSync(file, size)
  } catch {
    // It is longer than it need be.
  }
}

const LOOK_EVERY = 16
const LEAST_ROOM = 256 * 1024
const MOST_ROOM = 1024 * 1024
/** About as long as it gets before SQLite begins another round, see `wal_autocheckpoint` in store.ts. */
const MOST_BYTES = 16 * 1024 * 1024
