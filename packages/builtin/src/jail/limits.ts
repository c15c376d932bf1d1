// How much code may use, and the sentences that name a limit when it is exceeded.

export const TIMEOUT_MS = 30_000
export const MEMORY_MB = 256
export const MOST_PROCESSES = 64
export const MOST_OPEN_FILES = 32
export const FILE_MB = 16
export const SCRATCH_MB = 64
export const ANSWER_MB = 16

/** What can be exceeded. */
export type Limit = 'memory' | 'processes' | 'files' | 'file size' | 'scratch' | 'cpu' | 'answer'

export interface Allowance {
  readonly memoryMb: number
  readonly timeoutMs: number
}

export function exceeded(limit: Limit, { memoryMb, timeoutMs }: Allowance): string {
  switch (limit) {
    case 'memory':
      return `it needs more than its ${memoryMb} MB of memory (the limit is "code.memory" in the configuration)`
    case 'processes':
      return `it needs more than its ${MOST_PROCESSES} processes and threads, or more than its ${memoryMb} MB of memory for them`
    case 'files':
      return `it may have ${MOST_OPEN_FILES} files open`
    case 'file size':
      return `a file may have ${FILE_MB} MB`
    case 'scratch':
      return `its /tmp may hold ${SCRATCH_MB} MB`
    case 'cpu':
      return `it used more than the ${cpuSeconds(timeoutMs)} s of CPU time that its timeout allows`
    case 'answer':
      return `it returned more than ${ANSWER_MB} MiB`
  }
}

export function isLimit(value: unknown): value is Limit {
  return typeof value === 'string' && LIMITS.has(value)
}

/** RLIMIT_CPU counts in whole seconds. */
export function cpuSeconds(timeoutMs: number): number {
  return Math.max(1, Math.ceil(timeoutMs / 1000))
}

// ---

const LIMITS: ReadonlySet<string> = new Set<Limit>([
  'memory',
  'processes',
  'files',
  'file size',
  'scratch',
  'cpu',
  'answer',
])
