// What the text means, some moments after it was typed: its graph and its problems, from the worker and from the server.

import type { CheckedFlow } from '@stepflow/api'
import { useEffect, useRef, useState } from 'react'
import { client } from '../../api/client.ts'
import type { RunGraph } from '../../model/run-graph.ts'
import type { CompileAnswer, CompileRequest } from '../../worker/compile.worker.ts'

export type Problem = CheckedFlow['diagnostics'][number]

export interface Compiled {
  /** The last one that there was. */
  readonly graph: RunGraph | undefined
  /** The text has no graph now. */
  readonly isStale: boolean
  readonly problems: readonly Problem[]
  readonly lines: ReadonlyMap<string, number>
  readonly inputSchema: unknown
}

/** The server also knows components, secrets and the names of other flows. */
const CHECK_AFTER_MS = 300

export function useCompiled(text: string | undefined, file: string): Compiled {
  const [answer, setAnswer] = useState<CompileAnswer>()
  const [graph, setGraph] = useState<RunGraph>()
  const [checked, setChecked] = useState<{ text: string; flow: CheckedFlow }>()
  const number = useRef(0)
  const worker = useRef<Worker>(undefined)
  useEffect(() => {
    const started = new Worker(new URL('../../worker/compile.worker.ts', import.meta.url), { type: 'module' })
    worker.current = started
    started.onmessage = ({ data }: MessageEvent<CompileAnswer>) => {
      if (data.number !== number.current) return
      setAnswer(data)
      if (data.graph) setGraph(data.graph)
    }
    return () => started.terminate()
  }, [])
  useEffect(() => {
    if (text === undefined) return
    const request: CompileRequest = { number: ++number.current, text, file, direction: 'down' }
    worker.current?.postMessage(request)
    const timer = setTimeout(() => {
      client.checkFlow({ text, file }).then(
        (flow) => setChecked({ text, flow }),
        () => {},
      )
    }, CHECK_AFTER_MS)
    return () => clearTimeout(timer)
  }, [text, file])
  const isChecked = checked !== undefined && checked.text === text
  return {
    graph,
    isStale: answer !== undefined && !answer.graph,
    problems: isChecked ? checked.flow.diagnostics : ((answer?.diagnostics ?? []) as readonly Problem[]),
    lines: answer?.lines ?? new Map(),
    inputSchema: checked?.flow.inputSchema,
  }
}
