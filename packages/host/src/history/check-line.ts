// A line of a log out of a document that somebody brought: is it one of ours?

import { isRecord, LOG_LEVELS, type LogLevel, type LogLine, own } from '@stepflow/engine'

/** What is wrong with it; nothing if nothing is. */
export function faultOfLine(line: unknown): string | undefined {
  if (!isRecord(line)) return 'something that is no object'
  const at = own(line, 'at')
  if (typeof at !== 'number' || Number.isNaN(new Date(at).getTime())) return 'no time "at"'
  if (!LOG_LEVELS.includes(own(line, 'level') as LogLevel)) return `no "level" of ${LOG_LEVELS.join(', ')}`
  if (typeof own(line, 'message') !== 'string') return 'no text "message"'
  for (const key of TEXTS)
    if (!['string', 'undefined'].includes(typeof own(line, key))) return `a "${key}" that is no text`
  for (const key of COUNTS) {
    const value = own(line, key)
    if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) >= 0))
      return `a "${key}" that is no number`
  }
  return undefined
}

/** Without what no line has. */
export function bareLine(line: LogLine): LogLine {
  const bare: Record<string, unknown> = {}
  for (const key of KEYS) if (Object.hasOwn(line, key) && own(line, key) !== undefined) bare[key] = own(line, key)
  return bare as unknown as LogLine // it was looked at
}

// ---

const TEXTS = ['step', 'inside', 'node'] as const
const COUNTS = ['item', 'visit', 'attempt', 'element'] as const
const KEYS = ['at', 'level', 'message', 'data', ...TEXTS, ...COUNTS] as const
