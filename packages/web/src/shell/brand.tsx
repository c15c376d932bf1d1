// The mark and the name.

import type { ReactElement } from 'react'

export function Brand(): ReactElement {
  return (
    <div className="brand">
      <svg
        width="16"
        height="16"
        viewBox="0 0 16 16"
        fill="none"
        stroke="var(--accent)"
        strokeWidth="2"
        aria-hidden="true"
      >
        <path d="M2 13V9h5V5h5V2" />
      </svg>
      <span className="word">Stepflow</span>
    </div>
  )
}
