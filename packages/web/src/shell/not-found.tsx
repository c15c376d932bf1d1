// An address that is none of ours, or of what is gone.

import { Link, useLocation } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { buttonClass } from '../parts/button.tsx'
import { useTitle } from './title.ts'

export function NotFound({ what }: { what?: string }): ReactElement {
  const { pathname } = useLocation()
  useTitle('Not found')
  return (
    <>
      <header className="head">
        <h1>Not found</h1>
      </header>
      <div className="empty">
        <p>
          There is no <code>{what ?? pathname}</code> here. It may have been removed.
        </p>
        <div className="row">
          <Link to="/runs" className={buttonClass()}>
            Runs
          </Link>
          <Link to="/flows" className={buttonClass()}>
            Flows
          </Link>
        </div>
      </div>
    </>
  )
}
