// Where one is in a run: the view, the item and the step, all of it in the address.

import type { Run } from '@stepflow/api'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { NARROW } from '../../parts/media.ts'

export type View = 'items' | 'graph' | 'timeline' | 'steps' | 'logs' | 'source'

export interface RunPlace {
  readonly view: View
  /** In the order of their tabs. */
  readonly views: readonly View[]
  readonly item: number | undefined
  readonly step: string | undefined
  readonly visit: number | undefined
  /** The key of what runs inside a step, if one went into it, and which element of it. */
  readonly inside: string | undefined
  readonly element: number | undefined
  /** The moment that one looks back to; epoch milliseconds. */
  readonly at: number | undefined
  /** Somebody chose, or closed, a step. */
  readonly isChosen: boolean
  readonly show: (view: View) => void
  readonly openItem: (item: number | undefined) => void
  /** Into a step, to one of its elements, or out of all of them. */
  readonly enter: (inside: string | undefined, element?: number) => void
  readonly lookAt: (at: number | undefined) => void
  /** What steps are looked for. */
  readonly find: string
  readonly setFind: (words: string) => void
  /** `quietly`: Back does not lead to before it. */
  readonly select: (step: string | undefined, quietly?: boolean) => void
}

export function useRunPlace(run: Run): RunPlace {
  const search = useSearch({ from: '/runs/$runId' })
  const navigate = useNavigate({ from: '/runs/$runId' })
  const isOfOne = run.items.total === 1
  const item = search.item === undefined || !/^\d+$/.test(search.item) ? undefined : Number(search.item)
  const views = useMemo<View[]>(() => {
    const ofItem: View[] = isOfOne || item !== undefined ? ['graph', 'timeline', 'steps'] : []
    return [...(isOfOne ? [] : ['items' as const]), ...ofItem, 'logs', 'source']
  }, [isOfOne, item])
  const asked = views.find((view) => view === search.view)
  const usual = isOfOne || item !== undefined ? (matchMedia(NARROW).matches ? 'steps' : 'graph') : 'items'

  const show = useCallback((view: View) => void navigate({ search: (now) => ({ ...now, view }) }), [navigate])
  const openItem = useCallback(
    (to: number | undefined) => void navigate({ search: to === undefined ? {} : { item: String(to) } }),
    [navigate],
  )
  const enter = useCallback(
    (inside: string | undefined, element?: number) =>
      void navigate({
        search: ({ inside: _inside, element: _element, step: _step, visit: _visit, ...now }) => ({
          ...now,
          view: now.view === 'timeline' || now.view === 'steps' ? now.view : 'graph',
          step: NO_STEP,
          ...(inside === undefined ? {} : { inside }),
          ...(element === undefined ? {} : { element: String(element) }),
        }),
      }),
    [navigate],
  )
  const lookAt = useCallback(
    (at: number | undefined) =>
      void navigate({
        search: ({ at: _at, ...now }) => (at === undefined ? now : { ...now, at: new Date(at).toISOString() }),
        replace: true,
      }),
    [navigate],
  )
  const setFind = useCallback(
    (find: string) => void navigate({ search: (now) => ({ ...now, find }), replace: true }),
    [navigate],
  )
  const select = useCallback(
    (step: string | undefined, quietly = false) =>
      void navigate({
        search: ({ visit: _visit, ...now }) => ({ ...now, step: step ?? NO_STEP }),
        replace: quietly,
      }),
    [navigate],
  )
  return {
    view: asked ?? usual,
    views,
    item,
    step: search.step === NO_STEP ? undefined : search.step,
    visit: search.visit === undefined ? undefined : Number(search.visit),
    inside: search.inside,
    element: search.element === undefined || !/^\d+$/.test(search.element) ? undefined : Number(search.element),
    at: momentOf(search.at),
    isChosen: search.step !== undefined,
    show,
    openItem,
    enter,
    lookAt,
    find: search.find ?? '',
    setFind,
    select,
  }
}

// ---

/** In the address: the panel of the step was closed. */
const NO_STEP = '-'

function momentOf(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? undefined : at
}
