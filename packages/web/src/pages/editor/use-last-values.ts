// What the steps of a flow gave last, and what its last run was given: of the run that was started here, or of earlier ones.

import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { client } from '../../api/client.ts'
import { queries } from '../../api/queries.ts'

export interface LastValue {
  readonly value: unknown
  /** The run that it is from. */
  readonly runId: string
}

export interface LastValues {
  readonly steps: ReadonlyMap<string, LastValue>
  readonly input: unknown
  /** The run that they are from, or most of them. */
  readonly runId: string | undefined
}

export function useLastValues(name: string | undefined, runId: string | undefined): LastValues {
  const { data: samples } = useQuery({
    queryKey: ['flow', name, 'samples'],
    queryFn: () => client.listSamples(name ?? ''),
    enabled: name !== undefined,
  })
  const { data: inputs } = useQuery({ ...queries.inputs(name ?? ''), enabled: name !== undefined })
  const { data: here } = useQuery({
    queryKey: ['of-run', runId, 'outputs'],
    queryFn: () => outputsOf(runId ?? ''),
    enabled: runId !== undefined,
  })
  return useMemo(() => {
    const earlier = Object.entries(samples?.steps ?? {})
    const newest = earlier.map(([, { at, runId: of }]) => ({ at, of })).sort((a, b) => (a.at < b.at ? 1 : -1))[0]
    return {
      steps: new Map<string, LastValue>([...earlier, ...(here?.steps ?? [])]),
      input: here?.input ?? inputs?.inputs[0]?.input,
      runId: runId ?? newest?.of,
    }
  }, [samples, inputs, here, runId])
}

// ---

const MOST_STEPS = 50

/** Of a run that was started here: it belongs to no saved flow. */
async function outputsOf(runId: string) {
  const [{ steps }, { input }] = await Promise.all([client.listSteps(runId, { item: 0 }), client.getItem(runId, 0)])
  const done = steps.filter(({ status }) => status === 'success').slice(0, MOST_STEPS)
  const outputs = await Promise.all(done.map(({ stepId }) => client.getStep(runId, stepId, { item: 0 })))
  return {
    input,
    steps: outputs.flatMap(({ output }, i) => {
      const id = done[i]?.stepId
      return id === undefined || output === undefined ? [] : [[id, { value: output as unknown, runId }] as const]
    }),
  }
}
