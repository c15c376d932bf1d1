// Runs what is written, saved or not: whole, up to a step, or only a step, with what stands in for others. As a test, which other
// lists leave out. The input is that of the dock, whether it is in sight or not.

import type { Item, Run } from '@stepflow/api'
import type { Json } from '@stepflow/engine'
import { useQuery } from '@tanstack/react-query'
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
  /** By step: where it begins. */
  readonly lines: ReadonlyMap<string, number>
  readonly examples: readonly unknown[] | undefined
  readonly pins: ReadonlyMap<string, Json>
  readonly last: LastValues
  readonly runId: string | undefined
  readonly onRun: (runId: string) => void
}

export function useRunsHere(options: RunsHereOptions): RunsHere {
  const { name, text, file, inputSchema, examples, lines, pins, last, runId, onRun } = options
  const { data: earlier } = useQuery({ ...queries.inputs(name ?? ''), enabled: name !== undefined })
  const input = useInputToRun({ schema: inputSchema, examples, earlier: earlier?.inputs })
  const { data: run } = useQuery({ ...queries.run(runId ?? ''), enabled: runId !== undefined })
  const { data: item } = useQuery({
    ...queries.item(runId ?? '', 0),
    enabled: runId !== undefined && run?.completedAt !== undefined,
  })
  // A step alone takes from the others what they gave last: in that run as it was recorded, in others as it can be seen.
  const from = last.runId === undefined ? {} : { pinsFrom: { runId: last.runId } }
  const othersOf = (step: string) =>
    [...last.steps].flatMap(([id, { value, runId: of }]) =>
      of === last.runId || id === step || !lines.has(id) ? [] : [[id, value as Json] as const],
    )
  const start = (part: PartToRun) =>
    input.start(async (value) => {
      const started = await client.startRun({
        flow: text,
        ...(file === undefined ? {} : { file }),
        input: value,
        kind: 'test',
        ...part,
        ...(part.only === undefined ? pinned(pins) : { ...pinned(othersOf(part.only), pins), ...from }),
      })
      onRun(started.runId)
      await queryClient.invalidateQueries({ queryKey: ['of-run', started.runId] })
    })
  return { input, run, item, start }
}

// ---

function pinned(...values: readonly Iterable<readonly [string, Json]>[]): { readonly pins?: Record<string, Json> } {
  const pins = Object.fromEntries(values.flatMap((some) => [...some]))
  return Object.keys(pins).length === 0 ? {} : { pins }
}
