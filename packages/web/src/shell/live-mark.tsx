// Whether what is shown is what is there: live, or as of when.

import { type ReactElement, useSyncExternalStore } from 'react'
import { events } from '../api/events.ts'
import type { Connection } from '../api/shared-stream.ts'
import { exactNow } from '../parts/ticks.ts'
import { useNow, useTimeTexts } from '../parts/time.tsx'

const LOST_AFTER_MS = 2_000

/** `isQuiet`: says nothing as long as all is well. */
export function LiveMark({ isQuiet = false }: { isQuiet?: boolean }): ReactElement | null {
  const connection = useConnection()
  const { clock } = useTimeTexts()
  useNow()
  if (connection === 'open') {
    if (isQuiet) return null
    return (
      <span className="live small ink-3">
        <i />
        Live
      </span>
    )
  }
  if (Date.now() - events.connectionSince < LOST_AFTER_MS) return null
  return (
    <span className="small waiting" role="status">
      Reconnecting<span className="as-of">, as of {clock(events.connectionSince + exactNow() - Date.now())}</span>
    </span>
  )
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => events.onConnection(listener),
    () => events.connection,
  )
}
