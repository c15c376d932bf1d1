// Another time for a process that is started: Debian's libfaketime, by the environment. What takes time is measured as ever; only
// what time it is differs.

import { spawnSync } from 'node:child_process'
import { installPackage } from '../../packages/store-postgres/test/server.ts'

export type OtherTime = (offset: string) => Readonly<Record<string, string>>

/** Undefined where it cannot be had. Offsets are like `+1h`. */
export async function otherTime(): Promise<OtherTime | undefined> {
  const library = libraryOf() ?? ((await installPackage('faketime')) === undefined ? libraryOf() : undefined)
  if (library === undefined) return undefined
  return (offset) => ({ LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' })
}

// ---

function libraryOf(): string | undefined {
  const { status, stdout } = spawnSync('faketime', ['-f', '+1h', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
