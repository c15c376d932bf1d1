// What waits for a person, the oldest first. Of a long list only the rows in sight are there.

import type { Wait } from '@stepflow/api'
import { useInfiniteQuery } from '@tanstack/react-query'
import { createLazyRoute, Link } from '@tanstack/react-router'
import { memo, type ReactElement, useEffect, useMemo, useRef } from 'react'
import { queries } from '../../api/queries.ts'
import { countText, shortId } from '../../model/format.ts'
import { Fault } from '../../parts/fault.tsx'
import { NARROW, useMedia } from '../../parts/media.ts'
import { useNextPage } from '../../parts/next-page.ts'
import { useSight } from '../../parts/sight.ts'
import { Shape } from '../../parts/status.tsx'
import { Since, Until } from '../../parts/time.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { useTitle } from '../../shell/title.ts'

export const approvalsPage = createLazyRoute('/approvals')({ component: ApprovalsPage })

// ---

/** As in the styles. */
const ROW = 56
const NARROW_ROW = 82
const MARGIN_ROWS = 8

function ApprovalsPage(): ReactElement {
  useTitle('Approvals')
  const found = useInfiniteQuery(queries.waits())
  const { data, error, refetch } = found
  const waits = useMemo(() => data?.pages.flatMap((page) => page.waits) ?? [], [data])
  const total = data?.pages.at(-1)?.total ?? 0
  const rowHeight = useMedia(NARROW) ? NARROW_ROW : ROW
  const box = useRef<HTMLDivElement>(null)
  const [first, count] = useSight(box, rowHeight, MARGIN_ROWS)
  const last = Math.min(waits.length, first + count)
  const onEnd = useNextPage(found)
  useEffect(() => {
    if (last >= waits.length) onEnd()
  }, [last, waits.length, onEnd])
  return (
    <>
      <header className="head">
        <h1>Approvals</h1>
        {total > 0 ? <span className="small ink-2">{`${countText(total)} waiting, oldest first`}</span> : null}
        <span className="fill" />
      </header>
      <div className="scroll" ref={box}>
        {error ? <Fault error={error} retry={() => void refetch()} /> : null}
        {data || error ? null : <Outlines rows={5} />}
        {data && waits.length === 0 ? (
          <div className="empty">
            <p>Nothing waits for a person.</p>
            <code>component: /builtin/wait_for_signal</code>
          </div>
        ) : null}
        {waits.length > 0 ? (
          <div className="approval columns" aria-hidden="true">
            <span>Waiting</span>
            <span>Run</span>
            <span>Since</span>
            <span>Expires</span>
          </div>
        ) : null}
        {waits.length > 0 ? (
          <ul
            aria-label="Waiting approvals"
            style={{ paddingTop: first * rowHeight, paddingBottom: (waits.length - last) * rowHeight }}
          >
            {waits.slice(first, last).map((wait, i) => (
              <Row key={wait.id} wait={wait} number={first + i + 1} total={total} />
            ))}
          </ul>
        ) : null}
      </div>
    </>
  )
}

interface RowProps {
  readonly wait: Wait
  readonly number: number
  readonly total: number
}

const Row = memo(function Row({ wait, number, total }: RowProps): ReactElement {
  const { id, title, name, description, flowName, runId, step, since, expiresAt } = wait
  return (
    <li className="approval" aria-posinset={number} aria-setsize={total}>
      <span className="asked">
        <Shape status="waiting" />
        <Link to="/approvals/$waitId" params={{ waitId: id }} className="question cut" title={title ?? name}>
          {title ?? name}
        </Link>
        <span className="cut small ink-2">{description ?? `asked by step ${step}`}</span>
      </span>
      <span className="of">
        <span className="cut">{flowName ?? 'a flow'}</span>
        <span className="mono ink-2">{shortId(runId)}</span>
      </span>
      <span className="since">
        <Since at={since} />
      </span>
      <span className="expires ink-2">{expiresAt === undefined ? 'never' : <Until at={expiresAt} />}</span>
    </li>
  )
})
