// Compiles what is typed and lays out its graph, and makes operations of form and graph into changes of the text, beside the
// page: typing never waits for it. Answers carry the number of their question.

import {
  type Compiled,
  compile,
  get,
  idOf,
  type Node,
  pathOfStep,
  readSource,
  stepsOf,
  textOf,
  toJson,
  valueAt,
} from '@stepflow/dialects'
import type { Change, Operation } from '@stepflow/dialects/edit'
import type { Diagnostic, Json, MaybePromise } from '@stepflow/engine'
import { type FlowDiff, flowDiff, type ReadText } from '../model/flow-diff.ts'
import type { Writing } from '../model/new-step.ts'
import { laidOut, type RunGraph, runDrawing } from '../model/run-graph.ts'

export interface CompileRequest {
  readonly ask: 'compile'
  readonly number: number
  readonly text: string
  readonly file: string
  readonly direction: 'right' | 'down'
}

export interface CompileAnswer {
  readonly number: number
  readonly diagnostics: readonly Diagnostic[]
  /** Absent as long as the text has no plan; `same`: it is drawn as the last one was. */
  readonly graph?: RunGraph | 'same'
  /** By step: the line on which it begins. */
  readonly lines: ReadonlyMap<string, number>
  /** Absent if the text cannot be read. */
  readonly about?: About
}

/** What a flow says of itself. */
export interface About extends Writing {
  readonly name?: string
  readonly inputSchema?: unknown
  readonly variablesSchema?: unknown
}

export interface ChangeRequest {
  readonly ask: 'change'
  readonly number: number
  readonly text: string
  readonly file: string
  readonly operation: Operation
}

export interface ChangeAnswer {
  readonly number: number
  readonly changes?: readonly Change[]
  /** Why there are none. */
  readonly refused?: string
}

export interface StepRequest {
  readonly ask: 'step'
  readonly number: number
  readonly text: string
  readonly file: string
  readonly step: string
}

export interface StepAnswer {
  readonly number: number
  /** Absent: the text has no such step, or cannot be read. */
  readonly written?: WrittenStep
}

/** A step as its author wrote it. */
export interface WrittenStep {
  readonly id: string
  readonly data: Readonly<Record<string, Json>>
}

export interface DiffRequest {
  readonly ask: 'diff'
  readonly number: number
  readonly before: string
  readonly after: string
  readonly file: string
}

export interface DiffAnswer {
  readonly number: number
  /** Absent: one of them has no graph. */
  readonly diff?: FlowDiff
}

type Request = CompileRequest | ChangeRequest | StepRequest | DiffRequest

self.onmessage = async ({ data }: MessageEvent<Request>) => self.postMessage(await answerTo(data))

// ---

function answerTo(request: Request): MaybePromise<CompileAnswer | ChangeAnswer | StepAnswer | DiffAnswer> {
  switch (request.ask) {
    case 'compile':
      return compiled(request)
    case 'change':
      return changes(request)
    case 'step':
      return written(request)
    case 'diff':
      return differing(request)
  }
}

/** What was drawn last, as text: most of what is typed changes no step and no edge, and the page keeps what it has. */
let drawn = ''

function compiled({ number, text, file, direction }: CompileRequest): CompileAnswer {
  const { plan, diagnostics, flow, source, dialect } = compile(text, { file })
  const lines = new Map<string, number>()
  for (const { id, origin } of plan?.steps ?? []) if (origin) lines.set(id, origin.line)
  const answer = { number, diagnostics, lines, ...(source ? { about: aboutOf(source.node, dialect, flow) } : {}) }
  if (!plan) return answer
  const drawing = runDrawing(plan)
  const before = drawn
  drawn = direction + JSON.stringify(drawing)
  return { ...answer, graph: drawn === before ? 'same' : laidOut(drawing, direction) }
}

function aboutOf(node: Node, dialect: Compiled['dialect'], flow: Compiled['flow']): About {
  const name = textOf(get(node, 'name'))
  return {
    isManifest: dialect === 'manifest',
    isList: node.kind === 'list',
    ...(name === undefined || name === '' ? {} : { name }),
    ...(flow ? { inputSchema: flow.inputSchema, variablesSchema: flow.variablesSchema } : {}),
  }
}

/** What makes them comes when somebody edits by form or graph for the first time. */
async function changes({ number, text, file, operation }: ChangeRequest): Promise<ChangeAnswer> {
  const { changesOf } = await import('@stepflow/dialects/edit')
  try {
    return { number, changes: changesOf(text, operation, { file }) }
  } catch (error) {
    return { number, refused: (error as Error).message }
  }
}

function written({ number, text, file, step }: StepRequest): StepAnswer {
  const { node } = readSource(text, { file })
  if (!node) return { number }
  try {
    const data = toJson(node)
    const found = valueAt(data, pathOfStep(data, step)) as WrittenStep['data']
    return { number, written: { id: step, data: found } }
  } catch {
    return { number }
  }
}

function differing({ number, before, after, file }: DiffRequest): DiffAnswer {
  const [old, now] = [readText(before, file), readText(after, file)]
  return old && now ? { number, diff: flowDiff(old, now) } : { number }
}

function readText(text: string, file: string): ReadText | undefined {
  const { plan, source } = compile(text, { file })
  if (!plan || !source) return undefined
  const steps = stepsOf(toJson(source.node)).steps.flatMap((step) => {
    const id = idOf(step)
    return id === undefined ? [] : [[id, step[1]] as const]
  })
  return { drawing: runDrawing(plan), steps: new Map(steps) }
}
