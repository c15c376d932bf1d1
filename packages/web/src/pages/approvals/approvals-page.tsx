// What waits for a person, the oldest first.

import { useQuery } from '@tanstack/react-query'
import { createLazyRoute, Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { queries } from '../../api/queries.ts'
import { shortId } from '../../model/format.ts'
import { Fault } from '../../parts/fault.tsx'
import { Shape } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { useTitle } from '../../shell/title.ts'

export const approvalsPage = createLazyRoute('/approvals')({ component: ApprovalsPage })

// ---

function ApprovalsPage(): ReactElement {
  useTitle('Approvals')
  const { data, error, refetch } = useQuery(queries.waits())
  return (
    <>
      <header className="head">
        <h1>Approvals</h1>
        <span className="fill" />
      </header>
      <div className="scroll">
        {error ? <Fault error={error} retry={() => void refetch()} /> : null}
        {data || error ? null : <Outlines rows={5} />}
        {data?.waits.length === 0 ? (
          <div className="empty">
            <p>Nothing waits for a person.</p>
            <code>component: /builtin/wait_for_signal</code>
          </div>
        ) : null}
        {data && data.waits.length > 0 ? (
          <ul aria-label="Waiting approvals">
            {data.waits.map(({ id, title, name, description, flowName, runId, step, since, expiresAt }) => (
              <li key={id} className="approval">
                <Shape status="waiting" />
                <span className="fill">
                  <Link to="/approvals/$waitId" params={{ waitId: id }} className="question">
                    {title ?? name}
                  </Link>
                  <span className="cut ink-3">{description ?? `asked by step ${step}`}</span>
                </span>
                <span className="small ink-2 when">
                  <span>
                    {flowName ?? 'flow'} <span className="mono">{shortId(runId)}</span>
                  </span>
                  <span>
                    asked <Ago at={since} />
                  </span>
                  {expiresAt === undefined ? null : (
                    <span className="waiting">
                      expires <Ago at={expiresAt} />
                    </span>
                  )}
                </span>
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    </>
  )
}
