// What is shown at a server that has run nothing yet: its flows, or how to get one.

import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { lazy, type ReactElement, type ReactNode, Suspense, useState } from 'react'
import { serverUrl } from '../../api/base.ts'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { SAMPLE_FLOW, SAMPLE_NAME } from '../../model/sample-flow.ts'
import { Button, buttonClass } from '../../parts/button.tsx'
import { Command } from '../../parts/command.tsx'
import { attempt } from '../../parts/toasts.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { SamplePicture } from './sample-picture.tsx'

const NewRun = lazy(() => import('../../shell/new-run.tsx').then((found) => ({ default: found.NewRun })))

export function Start(): ReactElement {
  const { data, isPending } = useQuery(queries.flows())
  const { data: info } = useQuery(queries.info())
  const [running, setRunning] = useState<string>()
  const flows = data?.flows ?? []
  const mayRun = info !== undefined && info.role !== 'viewer'
  const mayWrite = info?.role === 'admin'
  return (
    <>
      <header className="head">
        <h1>Runs</h1>
      </header>
      <div className="scroll">
        <div className="reading start">
          <h2>Nothing has run here yet</h2>
          <p className="lead ink-2">Stepflow runs steps in the right order, keeps what each one did, and shows why.</p>
          {isPending ? <Outlines rows={3} /> : null}
          {flows.map(({ name, description }) => (
            <Part
              key={name}
              title={
                <Link to="/flows/$name" params={{ name }} className="link">
                  {name}
                </Link>
              }
              text={description ?? ''}
            >
              {mayRun ? (
                <Button aria-label={`Run ${name}`} onPress={() => setRunning(name)}>
                  Run
                </Button>
              ) : null}
            </Part>
          ))}
          {mayWrite ? <Sample isFirst={flows.length === 0} /> : null}
          {mayWrite ? (
            <Part title="Write a flow" text="Text on the left, its graph on the right.">
              <Link to="/flows/new" className={buttonClass()}>
                <Plus size={16} />
                New flow
              </Link>
            </Part>
          ) : null}
          <Part title="Serve a folder of flows" text="They appear here as soon as a file is there.">
            <Command text="stepflow serve --flows flows" />
          </Part>
          <Part title="Send a run from a terminal" text="It appears here at once.">
            <Command text={`stepflow submit flow.yaml --url ${serverUrl}`} />
          </Part>
        </div>
      </div>
      {running === undefined ? null : (
        <Suspense>
          <NewRun name={running} onClose={() => setRunning(undefined)} />
        </Suspense>
      )}
    </>
  )
}

// ---

function Part({ title, text, children }: { title: ReactNode; text: string; children: ReactNode }): ReactElement {
  return (
    <section className="start-part">
      <div className="fill">
        <h3>{title}</h3>
        <p className="ink-2">{text}</p>
      </div>
      {children}
    </section>
  )
}

/** `isFirst`: there is nothing else to begin with. */
function Sample({ isFirst }: { isFirst: boolean }): ReactElement {
  const navigate = useNavigate()
  const open = () =>
    attempt(async () => {
      await client.addFlow({ flow: SAMPLE_FLOW })
      await client.publishFlow(SAMPLE_NAME)
      await queryClient.invalidateQueries({ queryKey: ['flows'] })
      await navigate({ to: '/flows/$name/edit', params: { name: SAMPLE_NAME }, search: { dock: 'run' } })
    })
  return (
    <section className="start-part sample">
      <div>
        <h3>{SAMPLE_NAME}</h3>
        <p className="ink-2">
          A branch that is not taken, a loop, a failure that is made good, and a question to you. It needs nothing else.
        </p>
        <Button look={isFirst ? 'primary' : 'plain'} onPress={() => void open()}>
          Try the sample
        </Button>
      </div>
      <SamplePicture />
    </section>
  )
}
