// The steps of a run on the graph of the text, if one was started here; else each step's own kind of nothing.

import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { queries } from '../../api/queries.ts'
import type { GraphNode } from '../../canvas/graph-node.ts'
import { detailOfStep, lastVisits, type RunGraph } from '../../model/run-graph.ts'
import { useNowWhile } from '../../parts/time.tsx'

export function useRunNodes(runId: string | undefined, graph: RunGraph | undefined): ReadonlyMap<string, GraphNode> {
  const { data } = useQuery({ ...queries.steps(runId ?? '', undefined), enabled: runId !== undefined })
  const isMoving = data?.steps.some(({ status }) => status === 'running' || status === 'waiting') === true
  const now = useNowWhile(isMoving)
  return useMemo(() => {
    const last = lastVisits(data?.steps ?? [])
    const nodes = new Map<string, GraphNode>()
    for (const [shape, id] of (graph?.steps ?? []).entries()) {
      if (id === undefined) continue
      const row = last.get(id)
      const component = graph?.drawing.shapes[shape]?.detail ?? ''
      nodes.set(id, {
        id,
        status: row?.status ?? 'pending',
        recovered: row?.recovered !== undefined,
        detail: row ? detailOfStep(row, now) : component,
        description: component,
      })
    }
    return nodes
  }, [data, graph, now])
}
