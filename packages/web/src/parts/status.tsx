// How something stands: a shape, a colour and a word. Each shape is drawn here, once.

import type { ReactElement, ReactNode } from 'react'
import type { ShownStatus } from '../model/run-words.ts'

export function Shape({ status, recovered = false }: { status: ShownStatus; recovered?: boolean }): ReactElement {
  return (
    <svg className={`shape ${status}`} viewBox="0 0 14 14" aria-hidden="true">
      {shapeOf(status, recovered)}
    </svg>
  )
}

export interface StatusProps {
  readonly status: ShownStatus
  /** In place of the name of the status: what is shown has words of its own. */
  readonly word?: string
  readonly recovered?: boolean
  readonly detail?: ReactNode
}

/** The shape and the word, and what belongs to it in small print. */
export function Status({ status, word = status, recovered = false, detail }: StatusProps): ReactElement {
  return (
    <span className={`status ${status}`}>
      <Shape status={status} recovered={recovered} />
      {word}
      {detail ? <small>{detail}</small> : null}
    </span>
  )
}

// ---

const TICK = 'M4 7.2l2.1 2.1L10 5'

function shapeOf(status: ShownStatus, recovered: boolean): ReactElement {
  switch (status) {
    case 'running':
      return (
        <path className="turning" d="M7 1.5a5.5 5.5 0 1 1-5.5 5.5" fill="none" stroke="currentColor" strokeWidth="2" />
      )
    case 'success':
    case 'completed':
      return recovered ? (
        <>
          <path d="M9.3 1A6.5 6.5 0 1 0 13 4.7A3.4 3.4 0 0 1 9.3 1Z" fill="currentColor" />
          <path d="M3.6 7.4l2.1 2.1L9 6" fill="none" stroke="var(--bg)" strokeWidth="1.6" />
        </>
      ) : (
        <>
          <circle cx="7" cy="7" r="6.5" fill="currentColor" />
          <path d={TICK} fill="none" stroke="var(--bg)" strokeWidth="1.6" />
        </>
      )
    case 'failed':
      return (
        <>
          <path d="M4.2.5h5.6l3.7 3.7v5.6l-3.7 3.7H4.2L.5 9.8V4.2z" fill="currentColor" />
          <path d="M4.7 4.7l4.6 4.6m0-4.6l-4.6 4.6" stroke="var(--bg)" strokeWidth="1.6" />
        </>
      )
    case 'waiting':
    case 'paused':
      return (
        <>
          <path d="M7 0l7 7-7 7-7-7z" fill="currentColor" />
          <path d="M5.7 4.6v4.8M8.3 4.6v4.8" stroke="var(--bg)" strokeWidth="1.4" />
        </>
      )
    case 'skipped':
      return (
        <g fill="none" stroke="currentColor" strokeWidth="1.3">
          <circle cx="7" cy="7" r="6.2" strokeDasharray="2.1 1.8" />
          <path d="M4.6 4.9L6.7 7 4.6 9.1M7.5 4.9L9.6 7 7.5 9.1" />
        </g>
      )
    case 'cancelled':
      return (
        <>
          <rect x="1" y="1" width="12" height="12" rx="2" fill="currentColor" />
          <path d="M4.3 9.7l5.4-5.4" stroke="var(--bg)" strokeWidth="1.6" />
        </>
      )
    default:
      return <circle cx="7" cy="7" r="5.7" fill="none" stroke="currentColor" strokeWidth="1.5" />
  }
}
