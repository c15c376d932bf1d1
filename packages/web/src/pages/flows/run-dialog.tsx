// Starts a flow: with an input of its own, an example of the flow's, or one of before.

import type { FlowDetail } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactElement, useRef, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries } from '../../api/queries.ts'
import { emptyInput, firstInput, inputIn, nameIn } from '../../model/examples.ts'
import { shortId } from '../../model/format.ts'
import { problemsIn } from '../../model/schema-check.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/floating.tsx'
import { FormOrJson } from '../../parts/form.tsx'
import { isReadable } from '../../parts/json-field.tsx'

export interface RunDialogProps {
  readonly name: string
  readonly flow: FlowDetail
  readonly isOpen: boolean
  readonly onOpenChange: (isOpen: boolean) => void
}

export function RunDialog({ name, flow, isOpen, onOpenChange }: RunDialogProps): ReactElement {
  const [value, setValue] = useState<unknown>(() => firstInput(flow.examples ?? [], flow.inputSchema))
  const [filled, setFilled] = useState(0)
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map())
  const [wrong, setWrong] = useState<string>()
  const { data: before } = useQuery({ ...queries.inputs(name), enabled: isOpen })
  const navigate = useNavigate()
  const choices = [
    { word: 'Empty', input: emptyInput(flow.inputSchema) },
    ...(flow.examples ?? []).map((example, i) => ({
      word: nameIn(example) ?? `Example ${i + 1}`,
      input: inputIn(example),
    })),
    ...(before?.inputs ?? []).map(({ input, runId }) => ({
      word: `As in ${shortId(runId)}`,
      input: withoutRedacted(input),
    })),
  ]
  const form = useRef<HTMLFormElement>(null)
  const start = async () => {
    if (!isReadable(form.current)) return setWrong('The input is not JSON yet.')
    const found = problemsIn(flow.inputSchema, value)
    setProblems(found)
    if (found.size > 0) return setWrong('The input does not fit yet.')
    try {
      const which = flow.publishedVersion === undefined ? { flowVersion: flow.version } : {}
      const run = await client.startRun({ flowName: name, ...which, input: value ?? {} })
      onOpenChange(false)
      await navigate({ to: '/runs/$runId', params: { runId: run.runId }, search: {} })
    } catch (error) {
      setWrong((error as Error).message)
    }
  }
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
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault()
          void start()
        }}
      >
        {choices.length > 1 ? (
          <div className="labelled">
            <label htmlFor="run-choice">Filled from</label>
            <select
              id="run-choice"
              defaultValue={flow.examples?.length ? 1 : 0}
              onChange={(event) => {
                setValue(choices[Number(event.target.value)]?.input)
                setFilled(filled + 1)
              }}
            >
              {choices.map(({ word }, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: their place is their value
                <option key={i} value={i}>
                  {word}
                </option>
              ))}
            </select>
          </div>
        ) : null}
        <FormOrJson
          key={filled}
          schema={flow.inputSchema ?? {}}
          value={value}
          onChange={setValue}
          problems={problems}
        />
      </form>
      {wrong === undefined ? null : (
        <p className="wrong" role="alert">
          {wrong}
        </p>
      )}
    </Dialog>
  )
}

// ---

/** In a new run what was redacted is typed anew. */
function withoutRedacted(input: unknown): unknown {
  if (Array.isArray(input)) return input.map(withoutRedacted)
  if (typeof input !== 'object' || input === null) return input
  const entries = Object.entries(input).filter(([, value]) => value !== '[redacted]')
  return Object.fromEntries(entries.map(([name, value]) => [name, withoutRedacted(value)]))
}
