// Times: relative in the text, whole on hover and for screen readers. One tick for all of them.

import { type ReactElement, useSyncExternalStore } from 'react'
import { agoText, timeText } from '../model/format.ts'
import { now, onTick } from './ticks.ts'

/** The server's time, again every second. */
export function useNow(): number {
  return useSyncExternalStore(onTick, now)
}

export function Ago({ at }: { at: string }): ReactElement {
  const ms = Date.parse(at)
  return (
    <time dateTime={at} title={timeText(ms)}>
      {agoText(ms, useNow())}
    </time>
  )
}
