// Compiles what is typed and lays out its graph, beside the page: typing never waits for it. Answers carry the number of the
// text that they are about.

import { compile } from '@stepflow/dialects'
import type { Diagnostic } from '@stepflow/engine'
import { type RunGraph, runGraph } from '../model/run-graph.ts'

export interface CompileRequest {
  readonly number: number
  readonly text: string
  readonly file: string
  readonly direction: 'right' | 'down'
}

export interface CompileAnswer {
  readonly number: number
  readonly diagnostics: readonly Diagnostic[]
  /** Absent as long as the text has no plan. */
  readonly graph?: RunGraph
  /** By step: the line on which it begins. */
  readonly lines: ReadonlyMap<string, number>
}

self.onmessage = ({ data: { number, text, file, direction } }: MessageEvent<CompileRequest>) => {
  const { plan, diagnostics } = compile(text, { file })
  const lines = new Map<string, number>()
  for (const { id, origin } of plan?.steps ?? []) if (origin) lines.set(id, origin.line)
  const answer: CompileAnswer = {
    number,
    diagnostics,
    lines,
    ...(plan ? { graph: runGraph(plan, direction) } : {}),
  }
  self.postMessage(answer)
}
