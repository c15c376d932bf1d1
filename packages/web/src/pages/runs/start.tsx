// What is shown at a server that has run nothing yet: its flows, or how to get one.

import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { SAMPLE_FLOW, SAMPLE_NAME } from '../../model/sample-flow.ts'
import { Button, buttonClass } from '../../parts/button.tsx'
import { Copy } from '../../parts/copy.tsx'
import { attempt } from '../../parts/toasts.tsx'
import { Outlines } from '../../parts/waiting.tsx'

export function Start(): ReactElement {
  const { data: flows, isPending } = useQuery(queries.flows())
  const { data: info } = useQuery(queries.info())
  const navigate = useNavigate()
  const trySample = () =>
    attempt(async () => {
      await client.addFlow({ flow: SAMPLE_FLOW })
      await client.publishFlow(SAMPLE_NAME)
      await queryClient.invalidateQueries({ queryKey: ['flows'] })
      await navigate({ to: '/flows/$name/edit', params: { name: SAMPLE_NAME }, search: { dock: 'run' } })
    })
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
          {info?.canWriteFlows && info.role === 'admin' ? (
            <p className="row">
              <Button look="primary" onPress={() => void trySample()}>
                Try the sample
              </Button>
              <Link to="/flows/new" className={buttonClass()}>
                New flow
              </Link>
            </p>
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
