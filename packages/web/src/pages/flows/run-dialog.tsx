// Starts a flow: with an input of its own, an example of the flow's, or one of before.

import type { FlowDetail } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/floating.tsx'

export interface RunDialogProps {
  readonly name: string
  readonly flow: FlowDetail
  readonly isOpen: boolean
  readonly onOpenChange: (isOpen: boolean) => void
}

export function RunDialog({ name, flow, isOpen, onOpenChange }: RunDialogProps): ReactElement {
  const offered = firstInput(flow)
  const [typed, setTyped] = useState<string>()
  const [wrong, setWrong] = useState<string>()
  const { data: before } = useQuery({ ...queries.inputs(name), enabled: isOpen })
  const navigate = useNavigate()
  const text = typed ?? offered
  const start = async () => {
    try {
      const input: unknown = JSON.parse(text)
      const which = flow.publishedVersion === undefined ? { flowVersion: flow.version } : {}
      const run = await client.startRun({ flowName: name, ...which, input })
      onOpenChange(false)
      await navigate({ to: '/runs/$runId', params: { runId: run.runId }, search: {} })
    } catch (error) {
      setWrong((error as Error).message)
    }
  }
  const choices = [
    ...(flow.examples ?? []).map((example, i) => ({
      word: nameIn(example) ?? `Example ${i + 1}`,
      input: inputIn(example),
    })),
    ...(before?.inputs ?? []).map(({ input, runId }) => ({ word: `As in ${runId}`, input })),
  ]
  return (
    <Dialog
      title="New run"
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      foot={
        <>
          <Button onPress={() => onOpenChange(false)}>Not now</Button>
          <Button look="primary" onPress={() => void start()}>
            Start
          </Button>
        </>
      }
    >
      {choices.length > 0 ? (
        <div className="labelled">
          <label htmlFor="run-choice">Filled from</label>
          <select
            id="run-choice"
            onChange={(event) => setTyped(JSON.stringify(choices[Number(event.target.value)]?.input ?? {}, null, 2))}
          >
            {choices.map(({ word }, i) => (
              <option key={word} value={i}>
                {word}
              </option>
            ))}
          </select>
        </div>
      ) : null}
      <div className="labelled">
        <label htmlFor="run-input">Input</label>
        <textarea
          id="run-input"
          rows={10}
          spellCheck={false}
          value={text}
          onChange={(event) => setTyped(event.target.value)}
        />
        {wrong === undefined ? null : (
          <span className="wrong" role="alert">
            {wrong}
          </span>
        )}
      </div>
    </Dialog>
  )
}

// ---

function firstInput(flow: FlowDetail): string {
  const [example] = flow.examples ?? []
  return JSON.stringify(example === undefined ? skeletonOf(flow.inputSchema) : inputIn(example), null, 2)
}

function inputIn(example: unknown): unknown {
  const holder = example as { input?: unknown } | null
  return typeof holder === 'object' && holder !== null && 'input' in holder ? holder.input : example
}

function nameIn(example: unknown): string | undefined {
  const name = (example as { name?: unknown } | null)?.name
  return typeof name === 'string' ? name : undefined
}

/** An object with the properties that a schema names. */
function skeletonOf(schema: unknown): unknown {
  const { properties, default: usual } = (schema ?? {}) as { properties?: Record<string, unknown>; default?: unknown }
  if (usual !== undefined) return usual
  if (!properties) return {}
  return Object.fromEntries(
    Object.entries(properties).map(([name, one]) => {
      const { type, default: own } = one as { type?: string; default?: unknown }
      return [
        name,
        own ?? { string: '', number: 0, integer: 0, boolean: false, array: [], object: {} }[type ?? ''] ?? null,
      ]
    }),
  )
}
