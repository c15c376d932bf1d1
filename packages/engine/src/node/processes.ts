// Whether a process of this machine lives, by its number.

import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** The machine and, where processes are numbered apart from the machine's others, the container: where a number means the same. */
export function thisHost(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

/** False for one that has ended, also while nobody has asked how. The number of one that has ended is soon another's. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

// ---

/** The first process of many containers never asks. */
function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
