// What the processes of a jail use, read off /proc. Where there is none, nothing is known.

import { readdirSync, readFileSync } from 'node:fs'

export interface Usage {
  readonly residentBytes: number
  /** What counts against RLIMIT_DATA. */
  readonly dataBytes: number
}

/** Undefined for one that is gone. */
export function usageOf(pid: number): Usage | undefined {
  const status = read(`/proc/${pid}/status`)
  const kilobytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status ?? '')?.[1] ?? 0)
  return status === undefined
    ? undefined
    : { residentBytes: kilobytes('VmRSS') * 1024, dataBytes: kilobytes('VmData') * 1024 }
}

/** Of a process and its threads, in milliseconds. */
export function cpuMsOf(pid: number): number {
  // The second field is a name in parentheses, which may hold anything.
  const fields =
    read(`/proc/${pid}/stat`)
      ?.replace(/^.*\) /s, '')
      .split(' ') ?? []
  const TICK_MS = 10 // USER_HZ is 100
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS
}

/** Children, their children, and so on. */
export function descendantsOf(pid: number): number[] {
  const all: number[] = []
  const waiting = [pid]
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    for (const child of childrenOf(parent)) {
      all.push(child)
      waiting.push(child)
    }
  }
  return all
}

/** Memory of all of them together. What several share counts once; that is only looked at where it matters. */
export function residentBytesOf(pids: readonly number[], limit: number): number {
  const sum = pids.reduce((bytes, pid) => bytes + (usageOf(pid)?.residentBytes ?? 0), 0)
  return pids.length < 2 || sum <= limit ? sum : pids.reduce((bytes, pid) => bytes + proportionalBytes(pid), 0)
}

// ---

/** The kernel lists them by the thread that started them. */
function childrenOf(pid: number): number[] {
  const threads = list(`/proc/${pid}/task`)
  const lists = threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`) ?? '')
  return lists.flatMap((text) =>
    text
      .split(' ')
      .filter((word) => word !== '')
      .map(Number),
  )
}

function proportionalBytes(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1]
  return kilobytes === undefined ? (usageOf(pid)?.residentBytes ?? 0) : Number(kilobytes) * 1024
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
