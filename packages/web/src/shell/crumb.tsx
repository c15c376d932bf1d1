// Where a page belongs, before its name.

import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'

export function Crumb({ to, word }: { to: '/runs' | '/flows' | '/approvals'; word: string }): ReactElement {
  return (
    <>
      <Link to={to} className="crumb" search={{}}>
        {word}
      </Link>
      <span className="ink-3" aria-hidden="true">
        /
      </span>
    </>
  )
}
