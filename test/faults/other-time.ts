// Another time for a process that is started: Debian's libfaketime, by the environment. What takes time is measured as ever; only
// what time it is differs. An offset that is a file's (`/...`) is read again and again: a clock that somebody sets.

import { spawnSync } from 'node:child_process'
import { installPackage } from '../../packages/store-postgres/test/server.ts'

export type OtherTime = (offset: string) => Readonly<Record<string, string>>

/** Undefined where it cannot be had. Offsets are like `+1h`, or the path of a file with one. */
export async function otherTime(): Promise<OtherTime | undefined> {
  const library = libraryOf() ?? ((await installPackage('faketime')) === undefined ? libraryOf() : undefined)
  if (library === undefined) return undefined
  return (offset) => ({
    ...{ LD_PRELOAD: library, FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    ...(offset.startsWith('/') ? { FAKETIME_TIMESTAMP_FILE: offset, FAKETIME_NO_CACHE: '1' } : { FAKETIME: offset }),
  })
}

// ---

function libraryOf(): string | undefined {
  const { status, stdout } = spawnSync('faketime', ['-f', '+1h', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
