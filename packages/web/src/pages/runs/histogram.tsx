// How many runs began when, by status; a drag over it chooses a time.

import type { RunsSummary } from '@stepflow/api'
import { type PointerEvent, type ReactElement, useRef, useState } from 'react'
import { clockTicks } from '../../model/clock-ticks.ts'
import { countText } from '../../model/format.ts'
import { now } from '../../parts/ticks.ts'
import { type TimeTexts, useTimeTexts } from '../../parts/time.tsx'

type Bucket = RunsSummary['buckets'][number]

export interface HistogramProps {
  readonly summary: RunsSummary
  /** ISO times. */
  readonly onChoose: (since: string, until: string) => void
}

const HEIGHT = 32
const MOST_TICKS = 8
/** A text so near to an end would go beyond it, or into what stands there. */
const EDGE = 0.04
/** What ended so short a time ago goes on to now. */
const NOW_MS = 120_000

export function Histogram({ summary, onChoose }: HistogramProps): ReactElement | null {
  const { buckets, total } = summary
  const times = useTimeTexts()
  const [range, setRange] = useState<readonly [number, number]>()
  const from = useRef<number>(undefined)
  const most = Math.max(1, ...buckets.map(totalOf))
  const [first, last] = [buckets[0], buckets.at(-1)]
  if (!first || !last || buckets.length < 2) return null
  const at = (event: PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    return Math.max(0, Math.min(buckets.length - 1, Math.floor(((event.clientX - left) / width) * buckets.length)))
  }
  const onDown = (event: PointerEvent<HTMLElement>) => {
    from.current = at(event)
    setRange([from.current, from.current])
    event.currentTarget.setPointerCapture(event.pointerId)
  }
  const onMove = (event: PointerEvent<HTMLElement>) => {
    if (from.current === undefined) return
    const to = at(event)
    setRange([Math.min(from.current, to), Math.max(from.current, to)])
  }
  const onUp = () => {
    const [a, b] = [buckets[range?.[0] ?? -1], buckets[range?.[1] ?? -1]]
    from.current = undefined
    setRange(undefined)
    if (a && b) onChoose(a.from, b.to)
  }
  const inRange = (i: number) => range !== undefined && i >= range[0] && i <= range[1]
  return (
    <figure className="histogram">
      <div
        className="columns"
        role="img"
        aria-label={`${countText(total)} runs by the time they began, from ${times.whole(Date.parse(first.from))} to ${times.whole(Date.parse(last.to))}`}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={onUp}
      >
        {buckets.map((bucket, i) => (
          <span key={bucket.from} className={inRange(i) ? 'column chosen' : 'column'} title={titleOf(bucket, times)}>
            <Bar kind="failed" count={bucket.counts.failed ?? 0} most={most} />
            <Bar kind="success" count={quietOf(bucket)} most={most} />
            <Bar kind="running" count={(bucket.counts.running ?? 0) + (bucket.counts.queued ?? 0)} most={most} />
          </span>
        ))}
      </div>
      <figcaption className="axis-line ink-3" aria-hidden="true">
        {ticksOf(Date.parse(first.from), Date.parse(last.to), times).map(({ at, text }) => (
          <span key={text} style={{ left: `${at * 100}%` }}>
            {text}
          </span>
        ))}
        <span className="last">
          {Date.parse(last.to) >= now() - NOW_MS ? 'now' : times.clock(Date.parse(last.to)).slice(0, 5)}
        </span>
      </figcaption>
    </figure>
  )
}

// ---

function Bar({ kind, count, most }: { kind: string; count: number; most: number }): ReactElement | null {
  return count === 0 ? null : <i className={kind} style={{ height: Math.max(2, (HEIGHT * count) / most) }} />
}

function totalOf({ counts }: Bucket): number {
  return (counts.failed ?? 0) + (counts.running ?? 0) + (counts.queued ?? 0) + quietOf({ counts })
}

function quietOf({ counts }: Pick<Bucket, 'counts'>): number {
  return (counts.completed ?? 0) + (counts.cancelled ?? 0) + (counts.paused ?? 0)
}

function titleOf({ from, counts }: Bucket, { whole }: TimeTexts): string {
  const parts = Object.entries(counts).filter(([, count]) => count)
  const text = parts.map(([status, count]) => `${countText(count ?? 0)} ${status}`).join(', ')
  return `${whole(Date.parse(from))}${text === '' ? '' : `: ${text}`}`
}

/** Round times of the reader's clock, as shares of the line; a day is named where it begins, or else once. */
function ticksOf(from: number, to: number, { whole }: TimeTexts): { at: number; text: string }[] {
  const offset = whole(from).endsWith(' UTC') ? 0 : -new Date(from).getTimezoneOffset() * 60_000
  let named = whole(to).split(' ', 2).join(' ')
  return clockTicks(from, to, MOST_TICKS, offset)
    .map((time) => {
      const [day, month, clock = ''] = whole(time).split(' ')
      const date = `${day} ${month}`
      const short = clock.endsWith(':00') ? clock.slice(0, 5) : clock
      const text = short === '00:00' ? date : date === named ? short : `${date} ${short}`
      named = date
      return { at: (time - from) / (to - from), text }
    })
    .filter(({ at }) => at > EDGE && at < 1 - 2 * EDGE)
}
