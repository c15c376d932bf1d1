// A disk whose syncs take longer: slow-sync.c, compiled where there is a compiler.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The words that come before those of a program, so that each of its syncs takes so much longer; or why there are none. */
export function slowDisk(folder, ms) {
  if (process.platform !== 'linux') return 'syncs are made to take longer on Linux only'
  const program = join(folder, 'slow-sync')
  const source = fileURLToPath(new URL('slow-sync.c', import.meta.url))
  const compiled = spawnSync('gcc', ['-O2', '-o', program, source, '-lpthread'], { encoding: 'utf8' })
  if (compiled.status !== 0) return `slow-sync.c was not compiled: ${compiled.error?.message ?? compiled.stderr}`
  const words = [program, String(ms)]
  const tried = spawnSync(program, [String(ms), 'true'], { encoding: 'utf8' })
  return tried.status === 0 ? words : `syncs cannot be made to take longer here: ${tried.stderr.trim()}`
}
