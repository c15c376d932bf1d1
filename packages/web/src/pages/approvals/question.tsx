// One question put to a person: what is asked, what it is about, and the answer; on a page of its own or beside the others.

import type { Wait } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement, ReactNode } from 'react'
import { serverUrl } from '../../api/base.ts'
import { queries } from '../../api/queries.ts'
import { shortId } from '../../model/format.ts'
import { Copy } from '../../parts/copy.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Status } from '../../parts/status.tsx'
import { Since, Until, WholeTime } from '../../parts/time.tsx'
import { Decision } from './decision.tsx'

export interface QuestionProps {
  readonly wait: Wait
  /** What asks, as the heading that fits here. */
  readonly heading: ReactElement
  /** Beside how it stands. */
  readonly tools?: ReactNode
}

export function Question({ wait, heading, tools }: QuestionProps): ReactElement {
  const { id, runId, flowName, step, item, description, context, decided, expired, over } = wait
  const { data: info } = useQuery(queries.info())
  return (
    <>
      <div className="top">
        <div className="row">
          <span className="fill">
            <Standing wait={wait} />
          </span>
          <Copy text={`${serverUrl}/approvals/${encodeURIComponent(id)}`} what="link" word="Copy link" />
          {tools}
        </div>
        {heading}
        <p className="ink-2 sentence">
          {description ? `${description.replace(/[.\s]+$/, '')}. ` : ''}
          Asked by{' '}
          <Link
            to="/runs/$runId"
            params={{ runId }}
            search={item === 0 ? { step } : { item: String(item), step }}
            className="link"
          >
            {step}
          </Link>{' '}
          in{' '}
          <Link to="/runs/$runId" params={{ runId }} search={{}} className="link mono" aria-label={`Run ${runId}`}>
            {shortId(runId)}
          </Link>
          {flowName === undefined ? '' : ` of ${flowName}`}.
        </p>
      </div>
      {context === undefined || context === null ? null : (
        <section className="section">
          <h3>Context</h3>
          <Facts value={context} what="context" />
        </section>
      )}
      {decided ? (
        <section className="section" aria-live="polite">
          <h3>
            Decided by {decided.by ?? 'somebody'}, <WholeTime at={decided.at} />
          </h3>
          <Facts value={decided.payload} what="decision" />
        </section>
      ) : expired || over ? (
        <section className="section" aria-live="polite">
          <p>{expired ? 'Nobody decided in time.' : 'Its run has ended, and no longer asks.'}</p>
        </section>
      ) : info?.role === 'viewer' ? (
        <section className="section">
          <p className="ink-2">An operator can decide this; your role is viewer.</p>
        </section>
      ) : (
        <Decision key={id} wait={wait} />
      )}
    </>
  )
}

/** In a few words: how it stands, and since when. */
function Standing({ wait }: { wait: Wait }): ReactElement {
  const { since, expiresAt, decided, expired, over } = wait
  if (decided || expired || over) return <HowItEnded wait={wait} />
  const expires =
    expiresAt === undefined ? null : (
      <>
        , expires <Until at={expiresAt} />
      </>
    )
  return (
    <Status
      status="waiting"
      detail={
        <>
          <Since at={since} />
          {expires}
        </>
      }
    />
  )
}

/** Of one that is over. */
export function HowItEnded({ wait: { decided, expired } }: { wait: Wait }): ReactElement {
  if (decided) return <Status status="success" word="decided" />
  return expired ? <Status status="failed" word="expired" /> : <Status status="cancelled" word="over" />
}
