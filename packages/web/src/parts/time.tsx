// Times: relative in the text, whole on hover and for screen readers. One tick for all of them.

import { type ReactElement, useSyncExternalStore } from 'react'
import { agoText, durationText, timeText } from '../model/format.ts'
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

/** How long something took, or has taken so far. */
export function Lasted({ from, to }: { from: string; to?: string | undefined }): ReactElement {
  const running = useNow()
  return <>{durationText((to === undefined ? running : Date.parse(to)) - Date.parse(from))}</>
}
