// What a recorded run says of what began it, how the same request finds it again, and how a process goes on with it.

import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import {
  contentId,
  FlowError,
  type JournalEntry,
  type Plan,
  type PlanEngine,
  type ResumeOptions,
  type RunHandle,
  type RunRow,
  type RunStatus,
  type Store,
} from '@stepflow/engine'
import { unknownRun } from './find-run.ts'

/** What makes two command lines the same: the plan, and what it is run on. */
export interface Origin {
  readonly type: 'cli'
  /** Absolute. */
  readonly flow: string
  /** The plan's content id: overrides are part of it. */
  readonly plan: string
  /** What the inputs and the variables are, as a hash; empty: any. */
  readonly input: string
  /** Of a batch: the file, absolute; `-` for a pipe. */
  readonly inputs?: string
  /** Where the configuration is, if it was named. */
  readonly config?: string
  /** Of a batch: what its file holds, and the variables, as hashes. */
  readonly content?: string
  readonly variables?: string
  /** Of a batch that began behind results of before: how many. */
  readonly kept?: string
  readonly [detail: string]: string
}

export interface DescribeOrigin {
  readonly plan: Plan
  /** Absolute. */
  readonly flow: string
  readonly variables: Readonly<Record<string, unknown>>
  /** Of a single run; absent: whatever it was. */
  readonly input?: { readonly value: unknown } | undefined
  /** Of a batch: the file, absolute; `-` for what can be read only once. */
  readonly inputs?: string | undefined
  /** Absolute; if it was named. */
  readonly config?: string | undefined
  /** Of a batch: how many lines of its input it takes, if not all. */
  readonly limit?: number | undefined
}

export function describeOrigin({ plan, flow, variables, input, inputs, config, limit }: DescribeOrigin): Origin {
  const of = inputs === undefined ? input : fingerprint(inputs)
  return {
    type: 'cli',
    flow,
    plan: contentId(plan),
    input: of === undefined ? '' : contentId({ ...of, variables, ...(limit === undefined ? {} : { limit }) }),
    ...(inputs === undefined ? {} : { inputs, variables: contentId(variables) }),
    ...(inputs === undefined || of === undefined ? {} : { content: contentId(of) }),
    ...(config === undefined ? {} : { config }),
  }
}

/**
 * The run to go on with: the one that is named, else the newest unfinished one of the same origin, else the newest that has
 * ended, for its results may not all have been written; undefined if there is none.
 */
export async function findRunToResume(store: Store, origin: Origin, named: string): Promise<RunRow | undefined> {
  if (named !== '') return namedRun(store, origin, named)
  if (origin.inputs === '-') {
    throw new FlowError(
      'INVALID_INPUT',
      'inputs from a pipe cannot be compared with those of a run: name the run, --resume=RUN_ID',
    )
  }
  const among = async (statuses: readonly RunStatus[]) => {
    const pages = await Promise.all(statuses.map((status) => store.runs.list({ status, limit: MOST_COMPARED })))
    const same = pages.flatMap(({ rows }) => rows).filter((row) => isSame(row, origin))
    return same.reduce<RunRow | undefined>((a, b) => (a && a.createdAt >= b.createdAt ? a : b), undefined)
  }
  return (await among(['running', 'queued', 'paused'])) ?? (await among(['completed', 'failed']))
}

/** The newest batch of the same flow file and inputs whose flow or variables were others; undefined if there is none. */
export async function findEdited(store: Store, origin: Origin): Promise<RunRow | undefined> {
  const { flow, plan, content, variables, inputs } = origin
  if (inputs === undefined || inputs === '-') return undefined
  const { rows } = await store.runs.list({ limit: MOST_COMPARED })
  const same = rows.filter(({ trigger }) => {
    if (trigger?.flow !== flow || trigger.inputs !== inputs || trigger.content !== content) return false
    return trigger.plan !== plan || trigger.variables !== variables
  })
  return same.reduce<RunRow | undefined>((a, b) => (a && a.createdAt >= b.createdAt ? a : b), undefined)
}

export interface TakeUp {
  readonly engine: PlanEngine
  readonly store: Store
  readonly run: RunRow
  /** Told of what the run did before, and of everything from then on. */
  readonly see: (entries: readonly JournalEntry[]) => void
  readonly options?: ResumeOptions
}

/** Goes on with a run in this process. */
export async function takeUp({ engine, store, run, see, options }: TakeUp): Promise<RunHandle> {
  for (const { journal, items, done } of await store.runs.shards(run.id)) {
    // What a million ended items did is no news.
    if (done === items && run.items.total !== 1) continue
    for (const { entries } of await store.read(journal)) see(entries)
  }
  const handle = await engine.resume(run.id, { ...options, watch: see })
  if (run.status === 'paused') await engine.signal(run.id, { name: 'resume' })
  return handle
}

// ---

/** Of each state, the newest. */
const MOST_COMPARED = 10_000
/** 16 MiB of a file are read at most. */
const PIECE_BYTES = 1 << 16
const MOST_PIECES = 256

async function namedRun(store: Store, origin: Origin, id: string): Promise<RunRow> {
  const row = await store.runs.get(id)
  if (!row) throw await unknownRun(store, id)
  const isBatch = row.trigger?.inputs !== undefined || row.items.total !== 1
  if (isBatch !== (origin.inputs !== undefined)) {
    const [was, how] = isBatch ? ['a batch', 'give it --inputs FILE'] : ['begun with one input', 'leave out --inputs']
    throw new FlowError('CONFLICT', `run ${id} is ${was}: ${how}, or continue it with \`stepflow runs resume ${id}\``)
  }
  const { plan = origin.plan, input = origin.input } = row.trigger ?? ({} as Readonly<Record<string, string>>)
  if (plan !== origin.plan) {
    throw new FlowError(
      'CONFLICT',
      `run ${id} was begun with another flow, or the flow was edited since: \`stepflow runs resume ${id}\` continues the run as it was`,
    )
  }
  if (origin.input !== '' && input !== origin.input) {
    throw new FlowError('CONFLICT', `run ${id} was begun with other inputs or variables: give it the same ones`)
  }
  return row
}

function isSame({ trigger }: RunRow, { plan, input, inputs }: Origin): boolean {
  return trigger?.plan === plan && trigger.input === input && trigger.inputs === inputs
}

/** A file is known by its size and what it holds; one that is large, by pieces all over it: it may be too large to read twice. */
function fingerprint(file: string): object | undefined {
  if (file === '-') return undefined
  const fd = openSync(file, 'r')
  try {
    const { size } = fstatSync(fd)
    const hash = createHash('sha256')
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    const count = Math.min(Math.ceil(size / PIECE_BYTES), MOST_PIECES)
    for (let n = 0; n < count; n++) {
      // From the first to the last; side by side if they are all of the file.
      const at = count < MOST_PIECES ? n * PIECE_BYTES : Math.floor((n * (size - PIECE_BYTES)) / (count - 1))
      hash.update(piece.subarray(0, readSync(fd, piece, 0, PIECE_BYTES, at)))
    }
    return { size, content: hash.digest('hex') }
  } finally {
    closeSync(fd)
  }
}
