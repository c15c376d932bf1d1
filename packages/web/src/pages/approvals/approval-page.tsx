// One question put to a person, alone on the page.

import { FlowError } from '@stepflow/engine'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute, useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { queries } from '../../api/queries.ts'
import { Fault } from '../../parts/fault.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { Crumb } from '../../shell/crumb.tsx'
import { NotFound } from '../../shell/not-found.tsx'
import { useTitle } from '../../shell/title.ts'
import { Question } from './question.tsx'

export const approvalPage = createLazyRoute('/approvals/$waitId')({ component: ApprovalPage })

// ---

function ApprovalPage(): ReactElement {
  const { waitId } = useParams({ from: '/approvals/$waitId' })
  const { data, error, refetch } = useQuery(queries.wait(waitId))
  const title = data?.title ?? data?.name ?? 'Approval'
  useTitle(title, 'waiting')
  if (!data && FlowError.is(error) && error.code === 'NOT_FOUND') return <NotFound what={waitId} />
  return (
    <>
      <header className="head of-approval">
        <Crumb to="/approvals" word="Approvals" />
        {data ? <span className="ink-2 cut">{data.flowName ?? data.step}</span> : <h1 className="cut">{title}</h1>}
      </header>
      <div className="scroll">
        {error && !data ? <Fault error={error} retry={() => void refetch()} /> : null}
        {data || error ? null : <Outlines />}
        {data ? (
          <div className="approval-page">
            <Question wait={data} heading={<h1 className="asked">{title}</h1>} />
          </div>
        ) : null}
      </div>
    </>
  )
}
