// When each step waited and ran: a row a step, time to the right, long stretches in which nothing ran folded.

import type { Run } from '@stepflow/api'
import { type ReactElement, useContext, useEffect, useMemo, useRef, useState } from 'react'
import { durationText, middleCut } from '../../model/format.ts'
import type { StepRow } from '../../model/run-graph.ts'
import { spansOf } from '../../model/spans.ts'
import { scaleOf } from '../../model/timeline.ts'
import { NARROW, useMedia } from '../../parts/media.ts'
import { useSight } from '../../parts/sight.ts'
import { Shape } from '../../parts/status.tsx'
import { Moment, useNowOf } from '../../parts/time.tsx'

export interface TimelineViewProps {
  readonly run: Run
  readonly rows: readonly StepRow[]
  readonly critical: readonly string[]
  readonly selected: string | undefined
  readonly onSelect: (step: string) => void
}

/** Pixels for the names, and as many letters as these hold. */
const NAMES = { wide: { width: 184, letters: 20 }, narrow: { width: 128, letters: 12 } }
const ROW = 32
const MARGIN_ROWS = 10

export function TimelineView({ run, rows, critical, selected, onSelect }: TimelineViewProps): ReactElement {
  const time = useNowOf(run)
  const now = useContext(Moment) ?? time
  const names = useMedia(NARROW) ? NAMES.narrow : NAMES.wide
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(800)
  const [first, count] = useSight(box, ROW, MARGIN_ROWS)
  useEffect(() => {
    const element = box.current
    if (!element) return
    const observer = new ResizeObserver(() => setWidth(Math.max(200, element.clientWidth - names.width - 24)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [names.width])
  const shown = useMemo(
    () => rows.filter(({ startedAt, status }) => startedAt !== undefined || status === 'skipped'),
    [rows],
  )
  const from = Date.parse(run.startedAt ?? run.createdAt)
  const to = run.completedAt === undefined ? now : time
  const scale = useMemo(() => scaleOf(shown, from, to, width), [shown, from, to, width])
  const isCritical = useMemo(() => new Set(critical), [critical])
  const last = Math.min(shown.length, first + count)
  return (
    <div className="timeline scroll" ref={box}>
      <div className="axis small ink-3">
        {scale.marks.map(({ at, text }) => (
          <span key={at} style={{ left: names.width + at }}>
            {text}
          </span>
        ))}
      </div>
      <div style={{ height: first * ROW }} />
      {shown.slice(first, last).map((row) => {
        const start = row.startedAt === undefined ? undefined : Date.parse(row.startedAt)
        const end = row.endedAt === undefined ? now : Date.parse(row.endedAt)
        const ready = row.readyAt === undefined ? start : Date.parse(row.readyAt)
        return (
          <button
            type="button"
            key={`${row.stepId} ${row.visit}`}
            className={selected === row.stepId ? 'lane selected' : 'lane'}
            aria-label={`${row.stepId}, ${row.status}`}
            aria-pressed={selected === row.stepId}
            onClick={() => onSelect(row.stepId)}
          >
            <span className="lane-name row" style={{ width: names.width }}>
              <Shape status={row.status} recovered={row.recovered !== undefined} />
              <span className="cut" title={row.stepId.length > names.letters ? row.stepId : undefined}>
                {middleCut(row.stepId, names.letters)}
              </span>
            </span>
            <span className="bars" aria-hidden="true">
              {scale.folds.map(({ at, width: wide }) => (
                <i key={at} className="fold" style={{ left: at, width: wide }} />
              ))}
              {start === undefined ? (
                <em style={{ left: 0 }}>{row.why?.text}</em>
              ) : (
                <>
                  {/* From when it could have begun to its end; what is not covered by a bar was waiting. */}
                  <i
                    className={`wait ${row.status}`}
                    style={{
                      left: scale.at(ready ?? start),
                      width: Math.max(0, scale.at(end) - scale.at(ready ?? start)),
                    }}
                  />
                  {isCritical.has(row.stepId) ? (
                    <i
                      className="critical"
                      style={{ left: scale.at(start), width: Math.max(6, scale.at(end) - scale.at(start)) }}
                    />
                  ) : null}
                  {spansOf(row, now).map(([from, to]) => (
                    <i
                      key={from}
                      className={`bar ${row.status}`}
                      style={{ left: scale.at(from), width: Math.max(6, scale.at(to) - scale.at(from)) }}
                    />
                  ))}
                  {row.attempts.map(({ startedAt, endedAt, error }) =>
                    error && endedAt !== undefined && row.attempts.length > 1 ? (
                      <b key={startedAt} style={{ left: scale.at(Date.parse(endedAt)) - 4 }}>
                        ×
                      </b>
                    ) : null,
                  )}
                  <em style={{ left: Math.max(scale.at(start) + 6, scale.at(end)) + 6 }}>
                    {durationText(end - start)}
                  </em>
                </>
              )}
            </span>
          </button>
        )
      })}
      <div style={{ height: (shown.length - last) * ROW }} />
      {shown.length === 0 ? <p className="empty">No step has begun yet.</p> : null}
    </div>
  )
}
