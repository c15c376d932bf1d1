// The flow as it was written, with the lines of its steps.

import type { RunFlow } from '@stepflow/api'
import { type ReactElement, useEffect, useMemo, useRef } from 'react'
import type { StepRow } from '../../model/run-graph.ts'
import { Copy } from '../../parts/copy.tsx'
import { Shape } from '../../parts/status.tsx'
import { Outlines } from '../../parts/waiting.tsx'

export interface SourceViewProps {
  readonly flow: RunFlow | undefined
  readonly step: string | undefined
  readonly rows: ReadonlyMap<string, StepRow>
  readonly onSelect: (step: string) => void
}

export function SourceView({ flow, step, rows, onSelect }: SourceViewProps): ReactElement {
  if (!flow) return <Outlines rows={12} />
  const text = textOf(flow)
  return (
    <div className="scroll">
      <div className="row source-head">
        <span className="fill mono ink-2">{flow.file}</span>
        <Copy text={text} what="source" word="Copy" />
      </div>
      <Source flow={flow} step={step} rows={rows} onSelect={onSelect} />
    </div>
  )
}

/** The line on which a step begins. */
export function lineOf(flow: RunFlow | undefined, step: string | undefined): number | undefined {
  if (flow?.text === undefined) return undefined
  return stepsIn(flow).find(({ id }) => id === step)?.origin?.line
}

export interface SourceProps {
  readonly flow: RunFlow
  readonly step: string | undefined
  /** Only so many lines on each side of the mark. */
  readonly around?: number
  readonly mark?: number | undefined
  readonly rows?: ReadonlyMap<string, StepRow>
  readonly onSelect?: (step: string) => void
}

export function Source({ flow, step, around, mark, rows, onSelect }: SourceProps): ReactElement {
  const lines = useMemo(() => textOf(flow).replace(/\n$/, '').split('\n'), [flow])
  const at = mark ?? lineOf(flow, step)
  const marked = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (at !== undefined && around === undefined) marked.current?.scrollIntoView({ block: 'center' })
  }, [at, around])
  const stepAt = useMemo(() => new Map(stepsIn(flow).map(({ id, origin }) => [origin?.line, id])), [flow])
  const from = around === undefined || at === undefined ? 0 : Math.max(0, at - 1 - around)
  const to = around === undefined || at === undefined ? lines.length : at + around
  return (
    <section className={around === undefined ? 'source' : 'source box'} aria-label="Source" tabIndex={0}>
      {lines.slice(from, to).map((line, i) => {
        const number = from + i + 1
        const id = flow.text === undefined ? undefined : stepAt.get(number)
        return (
          <div key={number} className={number === at ? 'line at' : 'line'} ref={number === at ? marked : undefined}>
            <s>{number}</s>
            <code>{line}</code>
            {id !== undefined && onSelect ? (
              <button type="button" className="beside" aria-label={`Show ${id}`} onClick={() => onSelect(id)}>
                <Shape status={rows?.get(id)?.status ?? 'pending'} />
              </button>
            ) : null}
          </div>
        )
      })}
    </section>
  )
}

// ---

interface PlanStepLike {
  readonly id: string
  readonly origin?: { readonly line: number }
}

function stepsIn(flow: RunFlow): readonly PlanStepLike[] {
  return (flow.plan.steps ?? []) as readonly PlanStepLike[]
}

function textOf(flow: RunFlow): string {
  return flow.text ?? JSON.stringify(flow.flow ?? flow.plan, null, 2)
}
