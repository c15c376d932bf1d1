// Builds the command line if a source is newer than the program, for tests that start it. Not a test.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = new URL('../../../', import.meta.url).pathname
const program = join(root, 'packages/stepflow/dist/cli.cjs')
const lock = join(root, 'packages/stepflow/dist/.building')
const STALE_MS = 30_000

/** Returns when the program is there and new. Test files run at the same time: one of them builds, the others wait. */
export async function buildCli(): Promise<void> {
  while (isOld()) {
    if (takeLock()) {
      try {
        execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' })
      } finally {
        rmdirSync(lock)
      }
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

// ---

function isOld(): boolean {
  const built = statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0
  const sources = ['scripts', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/src`)]
  return sources.some((folder) => newest(join(root, folder)) > built)
}

function takeLock(): boolean {
  try {
    mkdirSync(join(lock, '..'), { recursive: true })
    mkdirSync(lock)
    return true
  } catch {
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs
    if (since !== undefined && Date.now() - since > STALE_MS) rmdirSync(lock)
    return false
  }
}

function newest(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0)
}
