// The run at an earlier moment: its journal is folded up to there, and every view shows that.

import type { Run } from '@stepflow/api'
import type { JournalEntry } from '@stepflow/engine'
import { type KeyboardEvent, type ReactElement, useMemo } from 'react'
import { durationText } from '../../model/format.ts'
import { beside, momentsOf } from '../../model/moment.ts'
import { isOver } from '../../model/run-words.ts'
import { Button } from '../../parts/button.tsx'
import { useNow, useTimeTexts } from '../../parts/time.tsx'

export interface TimeSliderProps {
  readonly run: Run
  readonly at: number | undefined
  readonly entries: readonly JournalEntry[] | undefined
  /** Undefined: as it is now. */
  readonly onChange: (at: number | undefined) => void
  /** Somebody is about to move it. */
  readonly onWanted: () => void
}

export function TimeSlider({ run, at, entries, onChange, onWanted }: TimeSliderProps): ReactElement {
  const now = useNow()
  const { clock } = useTimeTexts()
  const from = Date.parse(run.startedAt ?? run.createdAt)
  const to = Math.max(from + 1, run.completedAt === undefined ? now : Date.parse(run.completedAt))
  const moments = useMemo(() => momentsOf(entries ?? [], from), [entries, from])
  const last = isOver(run) ? 'end' : 'live'
  // In a short run all that happened has the same second.
  const told = (moment: number) => (to - from < SHORT_MS ? durationText(Math.max(0, moment - from)) : clock(moment))
  const move = (moment: number | undefined) => onChange(moment === undefined || moment >= to ? undefined : moment)
  const onKey = (event: KeyboardEvent) => {
    const way = WAYS[event.key]
    if (way === undefined) return
    event.preventDefault()
    if (way === 'next' || way === 'before') {
      const next = beside(moments, at ?? to, way)
      if (next !== undefined || way === 'next') move(next)
    } else move(way === 'first' ? from : undefined)
  }
  return (
    <div className="time-slider">
      {at === undefined ? (
        <span className="small ink-2">{last}</span>
      ) : (
        <Button look="bare" dense aria-label={`Back to ${last}`} onPress={() => onChange(undefined)}>
          {told(at)}
        </Button>
      )}
      <input
        type="range"
        aria-label="Time"
        aria-valuetext={at === undefined ? last : told(at)}
        min={from}
        max={to}
        value={Math.min(to, at ?? to)}
        onChange={(event) => move(Number(event.target.value))}
        onKeyDown={onKey}
        onFocus={onWanted}
        onPointerDown={onWanted}
      />
    </div>
  )
}

// ---

const SHORT_MS = 60_000

/** By key: from one thing that happened to the next, not by a share of the time. */
const WAYS: Readonly<Record<string, 'next' | 'before' | 'first' | 'last'>> = {
  ArrowRight: 'next',
  ArrowUp: 'next',
  ArrowLeft: 'before',
  ArrowDown: 'before',
  Home: 'first',
  End: 'last',
}
