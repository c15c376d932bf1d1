// What is shown at a server that has run nothing yet: its flows, or how to get one.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { queries } from '../../api/queries.ts'
import { Copy } from '../../parts/copy.tsx'
import { Outlines } from '../../parts/waiting.tsx'

export function Start(): ReactElement {
  const { data: flows, isPending } = useQuery(queries.flows())
  const folder = 'stepflow serve --flows flows'
  return (
    <>
      <header className="head">
        <h1>Runs</h1>
      </header>
      <div className="scroll">
        <div className="reading start">
          <h2>Nothing has run here yet</h2>
          {isPending ? <Outlines rows={3} /> : null}
          {flows && flows.flows.length > 0 ? (
            <>
              <p className="ink-2">These flows are ready:</p>
              <ul className="lines">
                {flows.flows.map(({ name, description }) => (
                  <li key={name}>
                    <Link to="/flows/$name" params={{ name }} className="link">
                      {name}
                    </Link>
                    <span className="fill cut ink-3">{description}</span>
                  </li>
                ))}
              </ul>
            </>
          ) : null}
          {flows && flows.flows.length === 0 ? (
            <p className="ink-2">A flow is a list of steps, and where the data of each comes from.</p>
          ) : null}
          <p className="ink-2">Or serve a folder of your own:</p>
          <p className="row box command-line">
            <code className="fill">{folder}</code>
            <Copy text={folder} what="command" />
          </p>
        </div>
      </div>
    </>
  )
}
