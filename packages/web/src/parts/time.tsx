// Times: relative in the text, whole on hover and for screen readers. One tick for all of them.

import { createContext, type ReactElement, useContext, useMemo, useSyncExternalStore } from 'react'
import { agoText, clockText, durationText, timeText } from '../model/format.ts'
import { useSettings } from './settings.ts'
import { now, onTick } from './ticks.ts'

/** The moment that somebody looks back to, which is now for all that is below; undefined: the server's time. */
export const Moment = createContext<number | undefined>(undefined)

/** The server's time, again every second. */
export function useNow(): number {
  const time = useSyncExternalStore(onTick, now)
  return useContext(Moment) ?? time
}

/** The same as long as something moves by it; else 0, for which nothing is rendered again. */
export function useNowWhile(isMoving: boolean): number {
  return useSyncExternalStore(isMoving ? onTick : neverTicks, isMoving ? now : zero)
}

/** Of a run: the server's time as long as it goes on, then its end. */
export function useNowOf({ completedAt }: { readonly completedAt?: string | undefined }): number {
  const time = useNowWhile(completedAt === undefined)
  return completedAt === undefined ? time : Date.parse(completedAt)
}

export interface TimeTexts {
  /** `29 Nov 14:03:07 CET` */
  readonly whole: (at: number) => string
  /** `14:03:07` */
  readonly clock: (at: number) => string
}

/** Times as the reader has chosen: of the reader's place, or UTC. */
export function useTimeTexts(): TimeTexts {
  const { times } = useSettings()
  return useMemo(() => ({ whole: (at) => timeText(at, times), clock: (at) => clockText(at, times) }), [times])
}

/** One moment, whole. */
export function WholeTime({ at }: { at: string }): ReactElement {
  return <time dateTime={at}>{useTimeTexts().whole(Date.parse(at))}</time>
}

/** One moment of a day. */
export function ClockTime({ at }: { at: string }): ReactElement {
  return <time dateTime={at}>{useTimeTexts().clock(Date.parse(at))}</time>
}

export function Ago({ at }: { at: string }): ReactElement {
  return <Distance at={at} text={(now, ms) => agoText(ms, now)} />
}

/** How long it has been so: `2 h 05 m`. */
export function Since({ at }: { at: string }): ReactElement {
  return <Distance at={at} text={(now, ms) => durationText(now - ms)} />
}

/** When it will be so: `in 21 h 55 m`. */
export function Until({ at }: { at: string }): ReactElement {
  return <Distance at={at} text={(now, ms) => (ms <= now ? 'now' : `in ${durationText(ms - now)}`)} />
}

// ---

function Distance({ at, text }: { at: string; text: (now: number, at: number) => string }): ReactElement {
  const { whole } = useTimeTexts()
  const ms = Date.parse(at)
  return (
    <time dateTime={at} title={whole(ms)}>
      {text(useNow(), ms)}
    </time>
  )
}

const neverTicks = () => () => {}
const zero = () => 0
