// A process that ended without an answer, in a sentence: which limit it died of.

import { constants } from 'node:os'
import { type Allowance, exceeded } from './limits.ts'

export interface Death {
  /** A shell's: 128 and more is a signal. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

/** A whole sentence without its full stop. */
export function whyItDied({ status, signal, stderr }: Death, allowance: Allowance): string {
  const killedBy = signal ?? (status !== null && status > 128 ? signalName(status - 128) : undefined)
  if (/out of memory|heap limit|MemoryError|bad_alloc/i.test(stderr)) return because('memory', allowance)
  switch (killedBy) {
    case undefined: {
      const lastLine = stderr.trim().split('\n').at(-1) ?? ''
      const said = lastLine === '' ? '' : `: ${lastLine.slice(0, 200)}`
      return `the code ended without an answer (exit status ${status})${said}`
    }
    case 'SIGXCPU':
      return because('cpu', allowance)
    case 'SIGXFSZ':
      return because('file size', allowance)
    case 'SIGKILL':
      return `the code was killed, as it is when ${exceeded('cpu', allowance)}, or when the machine has no memory left`
    default:
      return `the code died of ${killedBy}, as it does when ${exceeded('memory', allowance)}, or more than its stack`
  }
}

// ---

function because(limit: 'memory' | 'cpu' | 'file size', allowance: Allowance): string {
  return `the code failed: ${exceeded(limit, allowance)}`
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`
}
