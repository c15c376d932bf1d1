// Where a program's warnings go unless it says otherwise: to stderr. Nothing else is said unasked.

import type { Log } from '@stepflow/engine'

export const consoleLog: Log = (level, message) => {
  if (level === 'warning' || level === 'error') console.warn(`stepflow: ${message}`)
}
