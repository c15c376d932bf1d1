// What the text means, some moments after it was typed: its graph and its problems, from the worker and from the server. And the
// other way: what an operation of form or graph changes in it.

import type { CheckedFlow } from '@stepflow/api'
import type { Change, Operation } from '@stepflow/dialects/edit'
import { useCallback, useEffect, useRef, useState } from 'react'
import { client } from '../../api/client.ts'
import type { RunGraph } from '../../model/run-graph.ts'
import type {
  About,
  ChangeAnswer,
  ChangeRequest,
  CompileAnswer,
  CompileRequest,
  StepAnswer,
  StepRequest,
  WrittenStep,
} from '../../worker/compile.worker.ts'

export type Problem = CheckedFlow['diagnostics'][number]

export interface Compiled {
  /** The last one that there was. */
  readonly graph: RunGraph | undefined
  /** The text has no graph now. */
  readonly isStale: boolean
  readonly problems: readonly Problem[]
  readonly lines: ReadonlyMap<string, number>
  /** By step: the schema of what it gives, as far as the server can say. */
  readonly outputs: Readonly<Record<string, unknown>>
  readonly about: About
  /** The step that is asked for, as it is written. */
  readonly written: WrittenStep | undefined
  /** Throws what refuses it. */
  readonly changesOf: (text: string, operation: Operation) => Promise<readonly Change[]>
}

/** The server also knows components, secrets and the names of other flows. */
const CHECK_AFTER_MS = 300

type Answer = CompileAnswer | ChangeAnswer | StepAnswer

export function useCompiled(text: string, file: string, step: string | undefined): Compiled {
  const [problems, setProblems] = useState<readonly Problem[]>([])
  const [lines, setLines] = useState<ReadonlyMap<string, number>>(new Map())
  const [isStale, setStale] = useState(false)
  const [graph, setGraph] = useState<RunGraph>()
  const [about, setAbout] = useState<About>({ isManifest: false, isList: false })
  const [written, setWritten] = useState<WrittenStep>()
  const [checked, setChecked] = useState<{ text: string; flow: CheckedFlow }>()
  const newest = useRef<string>(undefined)
  const number = useRef(0)
  const worker = useRef<Worker>(undefined)
  const waiting = useRef(new Map<number, (answer: Answer) => void>())
  const ask = useCallback(
    (question: Omit<CompileRequest, 'number'> | Omit<ChangeRequest, 'number'> | Omit<StepRequest, 'number'>) =>
      new Promise<Answer>((resolve) => {
        const own = ++number.current
        waiting.current.set(own, resolve)
        worker.current?.postMessage({ ...question, number: own })
      }),
    [],
  )
  useEffect(() => {
    const started = new Worker(new URL('../../worker/compile.worker.ts', import.meta.url), { type: 'module' })
    worker.current = started
    started.onmessage = ({ data }: MessageEvent<Answer>) => {
      waiting.current.get(data.number)?.(data)
      waiting.current.delete(data.number)
    }
    return () => started.terminate()
  }, [])
  useEffect(() => {
    // One question at a time, then the newest: who types faster than it is compiled waits for no queue.
    const compile = async () => {
      for (let of: string | undefined; newest.current !== undefined && newest.current !== of; ) {
        of = newest.current
        const compiled = (await ask({ ask: 'compile', text: of, file, direction: 'down' })) as CompileAnswer // of `compile`
        setProblems((before) => kept(before, compiled.diagnostics))
        setLines((before) => kept(before, compiled.lines, (of) => [...of]))
        // While the text cannot be read, the last graph stays, and what it says of itself.
        setStale(compiled.graph === undefined)
        const { about: now } = compiled
        if (now) setAbout((before) => kept(before, now))
        if (compiled.graph !== undefined && compiled.graph !== 'same') setGraph(compiled.graph)
      }
      newest.current = undefined
    }
    const isRunning = newest.current !== undefined
    newest.current = text
    if (!isRunning) void compile()
    let isOver = false
    const timer = setTimeout(() => {
      client.checkFlow({ text, file }).then(
        (flow) => isOver || setChecked({ text, flow }),
        () => {},
      )
    }, CHECK_AFTER_MS)
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [text, file, ask])
  useEffect(() => {
    if (step === undefined) return setWritten(undefined)
    let isOver = false
    void ask({ ask: 'step', text, file, step }).then((found) => {
      const { written } = found as StepAnswer // what `step` is answered with
      // As long as the text cannot be read, the form stays as it was.
      if (!isOver) setWritten((before) => written ?? (before?.id === step ? before : undefined))
    })
    return () => {
      isOver = true
    }
  }, [text, file, step, ask])
  const changesOf = useCallback(
    async (of: string, operation: Operation) => {
      const { changes, refused } = (await ask({ ask: 'change', text: of, file, operation })) as ChangeAnswer // of `change`
      if (changes === undefined) throw new Error(refused ?? 'nothing changed')
      return changes
    },
    [ask, file],
  )
  const isChecked = checked !== undefined && checked.text === text
  return {
    graph,
    isStale,
    problems: isChecked ? checked.flow.diagnostics : problems,
    lines,
    about,
    outputs: (checked?.flow.types?.steps ?? NOTHING) as Readonly<Record<string, unknown>>,
    written,
    changesOf,
  }
}

// ---

const NOTHING = {}

/** What is as it was before stays the same object: nothing is rendered again for it. */
function kept<Value>(before: Value, now: Value, textOf: (of: Value) => unknown = (of) => of): Value {
  return JSON.stringify(textOf(before)) === JSON.stringify(textOf(now)) ? before : now
}
