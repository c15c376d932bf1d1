// Repeats a run: from where, with what input, and what that takes over from before.

import type { Rerun } from '@stepflow/api'
import { redactedMark } from '@stepflow/engine'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { lazy, type ReactElement, Suspense, useCallback, useRef, useState } from 'react'
import { client } from '../../api/client.ts'
import { queries } from '../../api/queries.ts'
import { rerunCommand } from '../../model/commands.ts'
import { countText } from '../../model/format.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/floating.tsx'
import { isReadable } from '../../parts/json-field.tsx'
import { attempt } from '../../parts/toasts.tsx'
import { Both, type RunDialogProps, useServer } from './as-command.tsx'

const FormOrJson = lazy(() => import('../../parts/form.tsx').then((form) => ({ default: form.FormOrJson })))

export interface RerunDialogProps extends RunDialogProps {
  /** The step that is offered. */
  readonly from: string | undefined
}

export function RerunDialog({ run, from, isOpen, onOpenChange }: RerunDialogProps): ReactElement {
  const [where, setWhere] = useState<'from' | 'failed' | 'all'>()
  const [step, setStep] = useState<string>()
  const [input, setInput] = useState<{ readonly value: unknown }>()
  const isOfOne = run.items.total === 1
  const chosen = where ?? (from === undefined ? (run.items.failed > 0 ? 'failed' : 'all') : 'from')
  const at = step ?? from ?? ''
  const { data: flow } = useQuery({ ...queries.runFlow(run.runId), enabled: isOpen })
  const { data: item } = useQuery({ ...queries.item(run.runId, 0), enabled: isOpen && isOfOne })
  const steps = stepIdsOf(flow?.plan)
  const { data: version } = useQuery({
    ...queries.flowOf(run.flowName ?? '', run.flowVersion),
    enabled: isOpen && isOfOne && run.flowName !== undefined,
  })
  const schema = version?.inputSchema ?? ANYTHING
  const change = useCallback((value: unknown) => setInput({ value }), [])
  const server = useServer()
  const asked: Omit<Rerun, 'dryRun'> = {
    ...(chosen === 'from' && at !== '' ? { from: at } : {}),
    ...(chosen === 'failed' ? { failed: true } : {}),
    ...(input === undefined ? {} : { input: input.value }),
  }
  const preview = useQuery({
    queryKey: ['of-run', run.runId, 'preview', asked],
    queryFn: () => client.previewRerun(run.runId, asked),
    enabled: isOpen,
    placeholderData: keepPreviousData,
    retry: false,
  })
  const navigate = useNavigate()
  const form = useRef<HTMLFormElement>(null)
  const start = async () => {
    if (!isReadable(form.current)) return
    await attempt(async () => {
      const next = await client.rerun(run.runId, asked)
      onOpenChange(false)
      await navigate({ to: '/runs/$runId', params: { runId: next.runId }, search: {} })
    })
  }
  return (
    <Dialog
      title="Rerun"
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      foot={
        <>
          <Button onPress={() => onOpenChange(false)}>Not now</Button>
          <Button look="primary" isDisabled={preview.isError} onPress={() => void start()}>
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
        <fieldset className="labelled bare-set">
          <legend className="label">From</legend>
          <label className="row">
            <input type="radio" name="where" checked={chosen === 'from'} onChange={() => setWhere('from')} />
            Step
            <select
              aria-label="Step"
              value={at}
              onChange={(event) => {
                setStep(event.target.value)
                setWhere('from')
              }}
            >
              {at === '' ? <option value="">…</option> : null}
              {steps.map((id) => (
                <option key={id}>{id}</option>
              ))}
            </select>
          </label>
          {run.items.failed > 0 ? (
            <label className="row">
              <input type="radio" name="where" checked={chosen === 'failed'} onChange={() => setWhere('failed')} />
              What failed
            </label>
          ) : null}
          <label className="row">
            <input type="radio" name="where" checked={chosen === 'all'} onChange={() => setWhere('all')} />
            The beginning
          </label>
        </fieldset>
        {isOfOne && item ? (
          <Suspense>
            <FormOrJson schema={schema} value={input === undefined ? item.input : input.value} onChange={change} />
            {JSON.stringify(item.input).includes(redactedMark) ? (
              <p className="hint">What is {redactedMark} stays as it was recorded.</p>
            ) : null}
          </Suspense>
        ) : null}
      </form>
      <p className="ink-2 spaced" role="status">
        {preview.data ? previewText(preview.data, isOfOne) : null}
        {preview.error ? <span className="failed">{preview.error.message}</span> : null}
      </p>
      <details className="as-command">
        <summary>As command</summary>
        <Both command={rerunCommand(run, asked, server)} />
      </details>
    </Dialog>
  )
}

// ---

const ANYTHING = {}

function stepIdsOf(plan: Record<string, unknown> | undefined): string[] {
  const steps = (plan?.steps ?? []) as { id: string; hidden?: boolean; component: string | null }[]
  return steps.filter(({ hidden, component }) => !hidden && component !== null).map(({ id }) => id)
}

const MOST_NAMED = 6

function previewText({ items, steps }: Awaited<ReturnType<typeof client.previewRerun>>, isOfOne: boolean): string {
  const reused = steps.filter(({ reused }) => reused > 0).map(({ stepId }) => stepId)
  const again = steps.filter(({ again }) => again > 0).map(({ stepId }) => stepId)
  const named = (ids: readonly string[]) =>
    ids.length > MOST_NAMED
      ? `${ids.slice(0, MOST_NAMED).join(', ')} and ${ids.length - MOST_NAMED} more`
      : ids.join(', ')
  const ofSteps = [
    reused.length > 0 ? `Reuses ${named(reused)}` : 'Reuses nothing',
    again.length > 0 ? `runs ${named(again)}` : 'runs nothing again',
  ].join('; ')
  return isOfOne ? ofSteps : `${countText(items.again)} of ${countText(items.total)} items again. ${ofSteps}`
}
