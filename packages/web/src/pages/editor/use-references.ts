// What a step can take its values from: what comes before it, by what is known of it.

import type { ComponentList } from '@stepflow/api'
import type { Json } from '@stepflow/engine'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { queries } from '../../api/queries.ts'
import { type Reference, referencesTo, referenceText } from '../../model/references.ts'
import { reachOf } from '../../model/run-graph.ts'
import type { LastOf } from './text-marks.ts'
import type { Compiled } from './use-compiled.ts'
import type { LastValues } from './use-last-values.ts'

/** `each`: what the step goes through, as it is written. */
export type ReferencesOf = (step: string | undefined, each?: Json) => readonly Reference[]

/** The same function as long as it gives the same. */
export function useReferences(
  compiled: Compiled,
  components: ComponentList['components'],
  last: LastValues,
): ReferencesOf {
  const { graph, about, outputs } = compiled
  const { data: secrets } = useQuery(queries.secrets())
  return useCallback(
    (step, each) => {
      const later = step !== undefined && graph?.shapeOf.has(step) ? reachOf(graph, step, 'down') : NOTHING
      const steps = (graph?.steps ?? []).flatMap((id, shape) => {
        if (id === undefined || id === step) return []
        const path = graph?.drawing.shapes[shape]?.detail
        const declared = components.find((component) => component.path === path)?.outputSchema
        return [{ id, outputSchema: outputs[id] ?? declared, sample: last.steps.get(id), isLater: later.has(id) }]
      })
      const sources = {
        isManifest: about.isManifest,
        inputSchema: about.inputSchema,
        input: last.input,
        steps,
        variablesSchema: about.variablesSchema,
        secrets: secrets?.secrets.map(({ name }) => name) ?? [],
      }
      if (each === undefined) return referencesTo(sources)
      const name = referenceText(each, about.isManifest)
      const list = referencesTo(sources).find((one) => one.name === name)?.last ?? each
      return referencesTo({ ...sources, element: { value: Array.isArray(list) ? list[0] : undefined } })
    },
    [graph, about, outputs, components, last, secrets],
  )
}

/** What a reference gave last, by its name, wherever it stands. */
export function useLastOf(referencesOf: ReferencesOf): LastOf {
  return useMemo(() => {
    const all = new Map(referencesOf(undefined).map((reference) => [reference.name, reference]))
    return (name) => {
      const found = all.get(name)
      return found && 'last' in found ? { value: found.last } : undefined
    }
  }, [referencesOf])
}

// ---

const NOTHING: ReadonlySet<string> = new Set()
