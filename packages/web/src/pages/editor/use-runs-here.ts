// Runs what is written, saved or not: whole, up to a step, or only a step, with what stands in for others. As a test, which other
// lists leave out. The input is that of the dock, whether it is in sight or not.

import type { Item, Run } from '@stepflow/api'
import type { Json } from '@stepflow/engine'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { client } from '../../api/client.ts'
import { queries, queryClient } from '../../api/queries.ts'
import { type InputToRun, useInputToRun } from '../../parts/input-to-run.tsx'
import type { LastValues } from './use-last-values.ts'

/** Whole, unless one of them is said. */
export interface PartToRun {
  readonly until?: string
  readonly only?: string
}

export interface RunsHere {
  readonly input: InputToRun
  readonly isStarting: boolean
  /** The last one that was started here. */
  readonly run: Run | undefined
  /** Once it has ended. */
  readonly item: Item | undefined
  readonly start: (part: PartToRun) => Promise<void>
}

export interface RunsHereOptions {
  readonly name: string | undefined
  readonly text: string
  readonly file: string | undefined
  readonly inputSchema: unknown
  readonly examples: readonly unknown[] | undefined
  readonly pins: ReadonlyMap<string, Json>
  readonly last: LastValues
  readonly runId: string | undefined
  readonly onRun: (runId: string) => void
}

export function useRunsHere(options: RunsHereOptions): RunsHere {
  const { name, text, file, inputSchema, examples, pins, last, runId, onRun } = options
  const { data: earlier } = useQuery({ ...queries.inputs(name ?? ''), enabled: name !== undefined })
  const input = useInputToRun({ schema: inputSchema, examples, earlier: earlier?.inputs })
  const [isStarting, setStarting] = useState(false)
  const { data: run } = useQuery({ ...queries.run(runId ?? ''), enabled: runId !== undefined })
  const { data: item } = useQuery({
    ...queries.item(runId ?? '', 0),
    enabled: runId !== undefined && run?.completedAt !== undefined,
  })
  const start = async (part: PartToRun) => {
    if (isStarting || !input.check()) return
    setStarting(true)
    try {
      const started = await client.startRun({
        flow: text,
        ...(file === undefined ? {} : { file }),
        input: input.value ?? {},
        kind: 'test',
        ...part,
        ...(pins.size === 0 ? {} : { pins: Object.fromEntries(pins) }),
        // A step alone takes from the others what they gave last.
        ...(part.only === undefined || last.runId === undefined ? {} : { pinsFrom: { runId: last.runId } }),
      })
      onRun(started.runId)
      await queryClient.invalidateQueries({ queryKey: ['of-run', started.runId] })
    } catch (error) {
      input.refuse((error as Error).message)
    }
    setStarting(false)
  }
  return { input, isStarting, run, item, start }
}
