// What runs inside a step: its elements, those that failed first, each with its steps, and these with their values and what runs
// inside them.

import type { Run } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { ChevronDown, ChevronRight } from 'lucide-react'
import { type ReactElement, type ReactNode, useMemo, useState } from 'react'
import { queries } from '../../api/queries.ts'
import { type Element, elementsOf } from '../../model/elements.ts'
import { countText } from '../../model/format.ts'
import { detailOfStep, type StepRow } from '../../model/run-graph.ts'
import { Button } from '../../parts/button.tsx'
import { Fault } from '../../parts/fault.tsx'
import { Status } from '../../parts/status.tsx'
import { useNow } from '../../parts/time.tsx'
import { Value } from '../../parts/value.tsx'
import { Outlines } from '../../parts/waiting.tsx'

export interface InsideProps {
  readonly run: Run
  readonly item: number | undefined
  /** Of the row of the step. */
  readonly inside: string
}

const AT_ONCE = 100

export function Inside({ run, item, inside }: InsideProps): ReactElement {
  const { data, error, isPending } = useQuery(queries.steps(run.runId, item, inside))
  const elements = useMemo(() => elementsOf(data?.steps ?? []), [data])
  const [most, setMost] = useState(AT_ONCE)
  if (isPending) return <Outlines rows={4} />
  if (error) return <Fault error={error} />
  if (elements.length === 0) return <p className="ink-3">Nothing has begun inside it yet.</p>
  const [only] = elements
  if (only && elements.length === 1) return <StepsOf element={only} run={run} item={item} inside={inside} />
  return (
    <>
      <ul className="elements" aria-label="Elements">
        {elements.slice(0, most).map((element) => (
          <OneElement key={element.number} element={element} run={run} item={item} inside={inside} />
        ))}
      </ul>
      {elements.length > most ? (
        <Button look="bare" dense onPress={() => setMost(most + 10 * AT_ONCE)}>
          {countText(elements.length - most)} more
        </Button>
      ) : null}
    </>
  )
}

// ---

interface OfElement extends InsideProps {
  readonly element: Element
}

function OneElement({ element, ...where }: OfElement): ReactElement {
  const { number, status, telling } = element
  const [isOpen, setOpen] = useState(false)
  return (
    <li>
      <Opener label={`Element ${number}, ${status}`} isOpen={isOpen} onChange={setOpen}>
        <span className="element-number">{countText(number)}</span>
        <Status status={status} />
        <span className="fill cut small ink-2">{telling ? toldOf(telling) : ''}</span>
      </Opener>
      {isOpen ? <StepsOf element={element} {...where} /> : null}
    </li>
  )
}

function StepsOf({ element, ...where }: OfElement): ReactElement {
  return (
    <ul className="elements steps" aria-label={`Steps of element ${element.number}`}>
      {element.rows.map((row) => (
        <InnerStep key={`${row.stepId} ${row.visit}`} row={row} {...where} />
      ))}
    </ul>
  )
}

function InnerStep({ row, run, item, inside }: InsideProps & { readonly row: StepRow }): ReactElement {
  const [isOpen, setOpen] = useState(false)
  const now = useNow()
  return (
    <li>
      <Opener label={`${row.stepId}, ${row.status}`} isOpen={isOpen} onChange={setOpen}>
        <span className="cut">{row.stepId}</span>
        <Status status={row.status} recovered={row.recovered !== undefined} />
        <span className="fill cut small ink-2">{detailOfStep(row, now)}</span>
      </Opener>
      {isOpen ? <Opened row={row} run={run} item={item} inside={inside} /> : null}
    </li>
  )
}

function Opened({ row, run, item, inside }: InsideProps & { readonly row: StepRow }): ReactElement {
  const at = {
    inside,
    visit: row.visit,
    ...(item === undefined ? {} : { item }),
    ...(row.element === undefined ? {} : { element: row.element }),
  }
  const { data, error, isPending } = useQuery(queries.step(run.runId, row.stepId, at))
  if (isPending) return <Outlines rows={3} />
  if (error) return <Fault error={error} />
  return (
    <div className="opened">
      {data.error ? (
        <div className="fault">
          <span className="code">{data.error.code}</span>
          <p>{data.error.message}</p>
        </div>
      ) : null}
      {data.why ? <p className="small ink-2">{data.why.text}</p> : null}
      {'input' in data ? (
        <>
          <h3>Input</h3>
          <Value value={data.input} what="input" />
        </>
      ) : null}
      {'output' in data ? (
        <>
          <h3>Output</h3>
          <Value value={data.output} what="output" />
        </>
      ) : null}
      {row.inside === undefined ? null : (
        <>
          <h3>Inside</h3>
          <Inside run={run} item={item} inside={row.inside} />
        </>
      )}
    </div>
  )
}

interface OpenerProps {
  readonly label: string
  readonly isOpen: boolean
  readonly onChange: (isOpen: boolean) => void
  readonly children: ReactNode
}

function Opener({ label, isOpen, onChange, children }: OpenerProps): ReactElement {
  return (
    <button
      type="button"
      className="as-text opener"
      aria-label={label}
      aria-expanded={isOpen}
      onClick={() => onChange(!isOpen)}
    >
      {isOpen ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
      {children}
    </button>
  )
}

function toldOf({ stepId, attempts, why }: StepRow): string {
  const error = attempts.at(-1)?.error
  return error ? `${stepId}: ${error.code} ${error.message}` : why ? `${stepId}: ${why.text}` : stepId
}
