// What waits for a person, the oldest first, and what was decided; the one that is selected beside them. Of a long list only the
// rows in sight are there.

import type { Wait } from '@stepflow/api'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { createLazyRoute, Link, useNavigate, useSearch } from '@tanstack/react-router'
import { type MouseEvent, memo, type ReactElement, useCallback, useEffect, useMemo, useRef } from 'react'
import { queries } from '../../api/queries.ts'
import { countText, shortId } from '../../model/format.ts'
import { Button } from '../../parts/button.tsx'
import { Command } from '../../parts/command.tsx'
import { Fault } from '../../parts/fault.tsx'
import { FilterField } from '../../parts/filter-field.tsx'
import { useMedia } from '../../parts/media.ts'
import { useNextPage } from '../../parts/next-page.ts'
import { goToRow } from '../../parts/row-keys.ts'
import { useSight } from '../../parts/sight.ts'
import { Shape } from '../../parts/status.tsx'
import { Since, Until } from '../../parts/time.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { isFree } from '../../shell/keys.ts'
import { useTitle } from '../../shell/title.ts'
import { ApprovalPanel } from './approval-panel.tsx'
import { Decided } from './decided.tsx'
import { linkTo } from './link-to.ts'

export const approvalsPage = createLazyRoute('/approvals')({ component: ApprovalsPage })

// ---

/** As in the styles. */
const ROW = 57
const MARGIN_ROWS = 8
/** A panel fits beside the list. */
const HAS_PANEL = '(min-width: 900px)'

function ApprovalsPage(): ReactElement {
  useTitle('Approvals')
  const { wait: selected, q } = useSearch({ from: '/approvals' })
  const navigate = useNavigate({ from: '/approvals' })
  const hasPanel = useMedia(HAS_PANEL)
  const found = useInfiniteQuery(queries.waits(q))
  const { data: past } = useQuery(queries.endedWaits(q))
  const { data, error, refetch } = found
  const waits = useMemo(() => data?.pages.flatMap((page) => page.waits) ?? [], [data])
  const total = data?.pages.at(-1)?.total ?? 0
  const box = useRef<HTMLDivElement>(null)
  const [first, count] = useSight(box, ROW, MARGIN_ROWS)
  const from = Math.min(first, waits.length)
  const last = Math.min(waits.length, first + count)
  const onEnd = useNextPage(found)
  useEffect(() => {
    if (last >= waits.length) onEnd()
  }, [last, waits.length, onEnd])
  const byKeys = useRef(false)
  const onOpen = useCallback((event: MouseEvent) => {
    byKeys.current = event.detail === 0
  }, [])
  const close = useCallback(() => void navigate({ search: (before) => ({ ...before, wait: undefined }) }), [navigate])
  useEffect(() => {
    if (selected === undefined) return
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key === 'Escape' && isFree(event)) close()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [selected, close])
  const isEmpty = data && waits.length === 0
  return (
    <>
      <header className="head of-approvals">
        <h1>Approvals</h1>
        {total > 0 ? <span className="ink-3">{countText(total)} waiting, oldest first</span> : null}
        <span className="fill" />
        <FilterField
          key={q}
          label="Filter approvals"
          placeholder="Filter approvals"
          words={q ?? ''}
          onChange={(words) => void navigate({ search: words ? { q: words } : {} })}
        />
      </header>
      <div className={selected === undefined ? 'split alone' : 'split'}>
        <div className="scroll approvals-list" ref={box}>
          {error ? <Fault error={error} retry={() => void refetch()} /> : null}
          {data || error ? null : <Outlines rows={5} />}
          {isEmpty ? (
            q === undefined ? (
              <div className="empty">
                <p>Nothing waits for a person.</p>
                <Command text="component: /builtin/wait_for_signal" />
              </div>
            ) : (
              <div className="empty">
                <p>Nothing that waits has “{q}” in it.</p>
                <Button onPress={() => void navigate({ search: {} })}>Show all approvals</Button>
              </div>
            )
          ) : null}
          {waits.length > 0 ? (
            <>
              <div className="approvals-head" aria-hidden="true">
                <span>Waiting</span>
                <span>Run</span>
                <span>Since</span>
                <span>Expires</span>
              </div>
              <ul
                aria-label="Waiting approvals"
                data-rows=""
                onKeyDown={goToRow}
                style={{ paddingTop: from * ROW, paddingBottom: (waits.length - last) * ROW }}
              >
                {waits.slice(from, last).map((wait, i) => (
                  <Row
                    key={wait.id}
                    wait={wait}
                    number={from + i + 1}
                    total={total}
                    isSelected={wait.id === selected}
                    hasPanel={hasPanel}
                    q={q}
                    onOpen={onOpen}
                  />
                ))}
              </ul>
            </>
          ) : null}
          {past && past.waits.length > 0 ? (
            <Decided waits={past.waits} total={past.total} selected={selected} hasPanel={hasPanel} q={q} />
          ) : null}
        </div>
        {selected === undefined ? null : (
          <ApprovalPanel key={selected} waitId={selected} takesFocus={byKeys.current} onClose={close} />
        )}
      </div>
    </>
  )
}

interface RowProps {
  readonly wait: Wait
  readonly number: number
  readonly total: number
  readonly isSelected: boolean
  readonly hasPanel: boolean
  readonly q: string | undefined
  readonly onOpen: (event: MouseEvent) => void
}

const Row = memo(function Row({ wait, number, total, isSelected, hasPanel, q, onOpen }: RowProps): ReactElement {
  const { id, title, name, description, flowName, runId, step, since, expiresAt } = wait
  return (
    <li
      className={isSelected ? 'approval selected' : 'approval'}
      aria-posinset={number}
      aria-setsize={total}
      onClick={(event) => {
        if (!(event.target as HTMLElement).closest('a')) event.currentTarget.querySelector('a')?.click()
      }}
    >
      <Shape status="waiting" />
      <span className="asks">
        <Link
          {...linkTo(id, hasPanel, q)}
          className="question cut"
          title={title ?? name}
          onClick={onOpen}
          {...(isSelected ? { 'aria-current': 'true' } : {})}
        >
          {title ?? name}
        </Link>
        <span className="cut ink-2 small reason">{description ?? `asked by step ${step}`}</span>
      </span>
      <span className="of">
        <span className="cut" title={flowName}>
          {flowName ?? 'a flow'}
        </span>
        <span className="mono small ink-2">{shortId(runId)}</span>
      </span>
      <span className="since">
        <span className="hidden">waits for </span>
        <Since at={since} />
      </span>
      <span className={expiresAt === undefined ? 'expires never' : 'expires'}>
        <span className="hidden">expires </span>
        {expiresAt === undefined ? 'never' : <Until at={expiresAt} />}
      </span>
    </li>
  )
})
