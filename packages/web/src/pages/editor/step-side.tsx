// The form of the selected step, with what it needs to know: its component, what it can refer to, the last values.

import type { ComponentList } from '@stepflow/api'
import type { Operation } from '@stepflow/dialects/edit'
import { isRecord, type Json } from '@stepflow/engine'
import { type ReactElement, useMemo } from 'react'
import { client } from '../../api/client.ts'
import { StepForm } from './step-form.tsx'
import type { Compiled } from './use-compiled.ts'
import type { LastValues } from './use-last-values.ts'
import type { ReferencesOf } from './use-references.ts'

export interface StepSideProps {
  readonly compiled: Compiled
  readonly components: ComponentList['components']
  readonly referencesOf: ReferencesOf
  readonly last: LastValues
  readonly pins: ReadonlyMap<string, Json>
  readonly mayRun: boolean
  readonly isReadOnly: boolean
  readonly onChange: (operation: Operation) => void
  readonly onPin: (step: string, value: Json | undefined) => void
  readonly onTest: (step: string) => void
  readonly onRename: () => void
  readonly onConnect: () => void
  readonly onClose: () => void
}

export function StepSide(props: StepSideProps): ReactElement | null {
  const { compiled, components, referencesOf, last, pins, onPin } = props
  const { written, graph, lines, about } = compiled
  const { isManifest } = about
  const id = written?.id ?? ''
  const each = written && eachOf(written.data)
  const references = useMemo(() => referencesOf(id === '' ? undefined : id, each), [referencesOf, id, each])
  if (!written) return null
  const shape = graph?.shapeOf.get(id)
  const path = shape === undefined ? undefined : graph?.drawing.shapes[shape]?.detail
  const needs = (graph?.drawing.arrows ?? [])
    .filter(({ to }) => to === shape)
    .flatMap(({ from }) => graph?.steps[from] ?? [])
  return (
    <StepForm
      // Another step is another form: what was typed in the one is not for the other.
      key={id}
      {...props}
      step={written}
      isManifest={isManifest}
      line={lines.get(id)}
      needs={[...new Set(needs)]}
      component={components.find((component) => component.path === (written.data.component ?? path))}
      references={references}
      pinned={pins.get(id)}
      sample={last.steps.get(id)}
      onTest={() => props.onTest(id)}
      onPin={(value) => onPin(id, value)}
      onTry={(expression) => evaluated(expression, last, isManifest)}
    />
  )
}

// ---

/** What the step goes through, as it is written. */
function eachOf({ for_each, forEach = for_each }: Readonly<Record<string, Json>>): Json | undefined {
  return isRecord(forEach) && 'items' in forEach ? (forEach.items as Json) : forEach
}

/** A flow whose steps are the last values, and whose output is the expression. */
async function evaluated(expression: Json, { steps, input }: LastValues, isManifest: boolean): Promise<unknown> {
  const called = isManifest ? 'tool' : 'component'
  const pins = Object.fromEntries([...steps].map(([id, { value }]) => [id, value]))
  const condition = 'the_condition'
  const flow = {
    steps: [
      ...Object.keys(pins).map((id) => ({ id, [called]: '/builtin/noop' })),
      ...(isManifest ? [{ id: condition, tool: '/builtin/noop', when: expression }] : []),
    ],
    output: isManifest ? { value: `{{ steps.${condition}.status == 'success' }}` } : { value: expression },
  }
  const { result } = await client.startRun({
    flow,
    input: input ?? {},
    kind: 'test',
    wait: true,
    ...(steps.size > 0 ? { pins } : {}),
  })
  if (result?.outcome === 'success') return (result.result as { readonly value: unknown }).value
  if (result?.outcome === 'failed') throw new Error(result.error.message)
  throw new Error('a step that it reads has no last value')
}
