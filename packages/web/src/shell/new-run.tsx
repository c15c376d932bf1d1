// Starts a flow with an input: the one whose page is open, or one that is chosen here. On Runs it is loaded when it is asked for.

import type { FlowDetail } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useId, useState } from 'react'
import { client } from '../api/client.ts'
import { queries } from '../api/queries.ts'
import { Button } from '../parts/button.tsx'
import { Fault } from '../parts/fault.tsx'
import { Dialog } from '../parts/floating.tsx'
import { InputFields, useInputToRun } from '../parts/input-to-run.tsx'
import { Outlines } from '../parts/waiting.tsx'

export interface NewRunProps {
  /** Undefined: one is chosen. */
  readonly name: string | undefined
  readonly onClose: () => void
}

export function NewRun({ name, onClose }: NewRunProps): ReactElement {
  const [chosen, setChosen] = useState(name)
  const { data: flow, error, refetch } = useQuery({ ...queries.flow(chosen ?? ''), enabled: chosen !== undefined })
  const above = name === undefined ? <Choose chosen={chosen} onChoose={setChosen} /> : null
  if (chosen !== undefined && flow) {
    return (
      <Asks key={chosen} name={chosen} flow={flow} onClose={onClose}>
        {above}
      </Asks>
    )
  }
  return (
    <Dialog title="New run" isOpen onOpenChange={onClose} foot={<Button onPress={onClose}>Not now</Button>}>
      {above}
      {error ? (
        <Fault error={error} retry={() => void refetch()} />
      ) : chosen === undefined ? null : (
        <Outlines rows={3} />
      )}
    </Dialog>
  )
}

// ---

function Choose({
  chosen,
  onChoose,
}: {
  chosen: string | undefined
  onChoose: (name: string) => void
}): ReactElement | null {
  const id = useId()
  const { data } = useQuery(queries.flows())
  if (data?.flows.length === 0) {
    return (
      <p className="ink-2">
        There is no flow yet.{' '}
        <Link to="/flows" className="link">
          Flows
        </Link>
      </p>
    )
  }
  return (
    <div className="labelled">
      <label htmlFor={id}>Flow</label>
      <select id={id} value={chosen ?? ''} onChange={(event) => onChoose(event.target.value)}>
        <option value="" disabled>
          Choose a flow
        </option>
        {data?.flows.map((flow) => (
          <option key={flow.name} value={flow.name} disabled={flow.errors > 0}>
            {flow.name}
            {flow.errors > 0 ? ' (has errors)' : ''}
          </option>
        ))}
      </select>
    </div>
  )
}

interface AsksProps {
  readonly name: string
  readonly flow: FlowDetail
  readonly onClose: () => void
  readonly children: ReactElement | null
}

function Asks({ name, flow, onClose, children }: AsksProps): ReactElement {
  const { data: earlier } = useQuery(queries.inputs(name))
  const input = useInputToRun({ schema: flow.inputSchema, examples: flow.examples, earlier: earlier?.inputs })
  const navigate = useNavigate()
  const start = () =>
    void input.start(async (value) => {
      const which = flow.publishedVersion === undefined ? { flowVersion: flow.version } : {}
      const run = await client.startRun({ flowName: name, ...which, input: value })
      onClose()
      await navigate({ to: '/runs/$runId', params: { runId: run.runId }, search: {} })
    })
  return (
    <Dialog
      title="New run"
      isOpen
      onOpenChange={onClose}
      foot={
        <>
          <Button onPress={onClose}>Not now</Button>
          <Button look="primary" isDisabled={input.isStarting} onPress={start}>
            Start
          </Button>
        </>
      }
    >
      {children}
      <InputFields input={input} onSubmit={start} />
    </Dialog>
  )
}
