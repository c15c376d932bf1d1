// Which run this one is compared with: what it repeats, or another of the same flow.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { queries } from '../../api/queries.ts'
import { shortId } from '../../model/format.ts'
import { detailOf, nameOf, statusOf } from '../../model/run-words.ts'
import { Dialog } from '../../parts/floating.tsx'
import { Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import type { RunDialogProps } from './as-command.tsx'

export function CompareDialog({ run, isOpen, onOpenChange }: RunDialogProps): ReactElement {
  const { data, isPending } = useQuery({ ...queries.runsOf(nameOf(run)), enabled: isOpen })
  const { data: origin } = useQuery({
    ...queries.run(run.origin?.runId ?? ''),
    enabled: isOpen && run.origin !== undefined,
  })
  const others = [
    ...(origin ? [origin] : []),
    ...(data?.runs.filter(({ runId }) => runId !== run.runId && runId !== origin?.runId) ?? []),
  ]
  return (
    <Dialog title="Compare with" isOpen={isOpen} onOpenChange={onOpenChange}>
      {isPending ? <Outlines rows={4} /> : null}
      {data && others.length === 0 ? <p className="ink-3">There is no other run of {nameOf(run)}.</p> : null}
      <ul className="compare-with" aria-label="Runs of this flow">
        {others.map((other) => (
          <li key={other.runId} className="row">
            <Link
              to="/compare/$a/$b"
              params={{ a: other.runId, b: run.runId }}
              search={{}}
              className="link mono"
              aria-label={other.runId}
            >
              {shortId(other.runId)}
            </Link>
            <span className="fill">
              <Status status={statusOf(other)} detail={detailOf(other)} />
            </span>
            {other.runId === run.origin?.runId ? <span className="small ink-2">repeated by this one</span> : null}
            <span className="small ink-2">
              <Ago at={other.createdAt} />
            </span>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
