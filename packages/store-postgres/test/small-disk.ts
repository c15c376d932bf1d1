// A database on a disk of a few megabytes, made of memory, where the system lets us mount it.

import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rowsOf } from './rows-of.ts'
import type { PostgresServer } from './server.ts'

export interface SmallDisk {
  /** Of a store there. */
  readonly url: string
  makeRoom(): void
  /** When nobody uses the database any more. */
  end(): Promise<void>
}

export const WHY_NO_DISK = 'a disk of memory can be mounted by root on Linux only'

/** Undefined where none can be mounted. */
export async function smallDisk(server: PostgresServer): Promise<SmallDisk | undefined> {
  const disk = mkdtempSync(join(tmpdir(), 'stepflow-pgdisk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    rmSync(disk, { recursive: true })
    return undefined
  }
  const place = join(disk, 'place')
  mkdirSync(place)
  const { uid, gid } = server.account as { uid: number; gid: number } // root mounts, so PostgreSQL runs as somebody else
  chownSync(place, uid, gid)
  await rowsOf(server.url, `CREATE TABLESPACE small LOCATION '${place}'`)
  await rowsOf(server.url, 'CREATE DATABASE small TABLESPACE small')
  return {
    url: server.url.replace(/postgres$/, 'small'),
    makeRoom: () => void execFileSync('mount', ['-o', 'remount,size=200m', disk]),
    async end() {
      await rowsOf(server.url, 'DROP DATABASE small WITH (FORCE)')
      await rowsOf(server.url, 'DROP TABLESPACE small')
      execFileSync('umount', ['-l', disk])
      rmSync(disk, { recursive: true })
    },
  }
}
