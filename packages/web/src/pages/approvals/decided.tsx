// What was decided in the last days, what nobody decided in time, and what was over before: the last one first.

import type { Wait } from '@stepflow/api'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { countText } from '../../model/format.ts'
import { Ago } from '../../parts/time.tsx'
import { linkTo } from './link-to.ts'
import { HowItEnded } from './question.tsx'

export interface DecidedProps {
  readonly waits: readonly Wait[]
  readonly total: number
  readonly selected: string | undefined
  /** There is room for a panel beside the list. */
  readonly hasPanel: boolean
  readonly q: string | undefined
}

export function Decided({ waits, total, selected, hasPanel, q }: DecidedProps): ReactElement {
  return (
    <section className="decided">
      <h2 className="row">
        <span className="fill">Decided in 7 days</span>
        <span>{waits.length < total ? `${waits.length} of ${countText(total)}` : countText(total)}</span>
      </h2>
      <table aria-label="Decided in 7 days">
        <colgroup>
          <col />
          <col className="how" />
          <col className="who extra" />
          <col className="which extra" />
          <col className="when" />
        </colgroup>
        <thead className="hidden">
          <tr>
            <th scope="col">Question</th>
            <th scope="col">Decision</th>
            <th scope="col" className="extra">
              By
            </th>
            <th scope="col" className="extra">
              Flow
            </th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {waits.map((wait) => {
            const { id, title, name, flowName, decided, expired, endedAt, since } = wait
            return (
              <tr key={id} aria-selected={id === selected ? true : undefined}>
                <td>
                  <Link {...linkTo(id, hasPanel, q)} className="cut" title={title ?? name}>
                    {title ?? name}
                  </Link>
                </td>
                <td>
                  <HowItEnded wait={wait} />
                </td>
                <td className="ink-2 extra">{decided ? (decided.by ?? '') : expired ? 'nobody' : 'its run ended'}</td>
                <td className="ink-2 extra">{flowName}</td>
                <td className="ink-2 right">
                  <Ago at={decided?.at ?? endedAt ?? since} />
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}
