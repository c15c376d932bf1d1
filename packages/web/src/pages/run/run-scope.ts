// Which steps one looks at: of the run's item or of what runs inside one of its steps, as they are or as they were at a moment.

import type { Run, RunFlow } from '@stepflow/api'
import type { JournalEntry, Plan } from '@stepflow/engine'
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { queries } from '../../api/queries.ts'
import { type Element, elementsOf } from '../../model/elements.ts'
import { stepsAt } from '../../model/moment.ts'
import type { StepRow } from '../../model/run-graph.ts'
import { isOver } from '../../model/run-words.ts'
import type { RunPlace } from './run-place.ts'

export interface RunScope {
  /** One item is looked at: the only one, or the one that was opened. */
  readonly hasSteps: boolean
  /** The one that was opened, where there are several. */
  readonly item: number | undefined
  /** Undefined until it is known; of what runs inside a step, perhaps nobody knows it. */
  readonly plan: Plan | undefined
  readonly isPlanUnknown: boolean
  readonly rows: readonly StepRow[]
  /** Of the flow itself, as they are now. */
  readonly outermost: readonly StepRow[]
  readonly error: unknown
  /** Inside of a step: the way there, from the outermost, and the elements that one can choose from. */
  readonly way: readonly { readonly step: string; readonly inside: string }[]
  readonly elements: readonly Element[]
  readonly element: number
  readonly entries: readonly JournalEntry[] | undefined
  /** Reads the journal, so that somebody can look back. */
  readonly readJournal: () => void
}

const NONE: readonly StepRow[] = []

export function useRunScope(run: Run, flow: RunFlow | undefined, place: RunPlace): RunScope {
  const { at, item, inside } = place
  const isOfOne = run.items.total === 1
  const hasSteps = isOfOne || item !== undefined
  const asked = isOfOne ? undefined : item
  const keys = useMemo(() => keysTo(inside), [inside])
  const around = useQueries({
    queries: keys.map((_, i) => ({ ...queries.steps(run.runId, asked, keys[i - 1]), enabled: hasSteps })),
  })
  const way = keys.map((key, i) => ({
    inside: key,
    step: around[i]?.data?.steps.find((row) => row.inside === key)?.stepId ?? '…',
  }))
  const listed = useQuery({
    ...queries.steps(run.runId, asked, inside),
    enabled: hasSteps,
    // Steps of another item or place are not this one's: what failed there would be selected here.
    placeholderData: (before, query) =>
      query?.queryKey[3] === asked && query?.queryKey[4] === inside ? keepPreviousData(before) : undefined,
  })
  const plan = (inside === undefined ? flow?.plan : listed.data?.plan) as unknown as Plan | undefined
  const journal = useQuery({ ...queries.journal(run.runId, item ?? 0), enabled: at !== undefined && hasSteps })
  const { data: entries, refetch } = journal
  const all = useMemo(() => {
    if (at === undefined) return listed.data?.steps ?? NONE
    return plan && entries ? stepsAt(entries, at, { plan, item: item ?? 0, inside }) : NONE
  }, [at, listed.data, plan, entries, item, inside])
  const elements = useMemo(() => (inside === undefined ? [] : elementsOf(all)), [inside, all])
  const element = place.element ?? elements[0]?.number ?? 0
  const rows = useMemo(
    () => (inside === undefined ? all : all.filter((row) => (row.element ?? 0) === element)),
    [inside, all, element],
  )
  return {
    hasSteps,
    item: asked,
    plan,
    isPlanUnknown: inside !== undefined && listed.isSuccess && plan === undefined,
    rows,
    outermost: (inside === undefined ? listed.data?.steps : around[0]?.data?.steps) ?? NONE,
    error: listed.error ?? journal.error,
    way,
    elements,
    element,
    entries,
    // What has happened stays; what is still happening is read again when somebody takes hold of the slider.
    readJournal: () => void (hasSteps && (entries === undefined || !isOver(run)) ? refetch() : undefined),
  }
}

// ---

/** Of each step that one went into: the key of what runs inside it. A key has three numbers for each. */
function keysTo(inside: string | undefined): string[] {
  const parts = inside?.split('/') ?? []
  const keys: string[] = []
  for (let end = 3; end <= parts.length; end += 3) keys.push(parts.slice(0, end).join('/'))
  return keys
}
