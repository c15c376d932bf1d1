// What a command line says of the run that it begins, and how it goes on with one.

import { realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { isEnded, type Plan, type RunHandle } from '@stepflow/engine'
import { describeOrigin as describe, type Origin, type TakeUp, takeUp as take } from '@stepflow/host/history'
import type { Args, Io } from './command.ts'
import type { Messages } from './messages.ts'

export { findEdited, findRunToResume, type Origin } from '@stepflow/host/history'

export interface DescribeOrigin {
  readonly plan: Plan
  readonly file: string
  readonly args: Args
  readonly io: Io
  readonly variables: Readonly<Record<string, unknown>>
  /** Of a single run; absent: whatever it was. */
  readonly input?: { readonly value: unknown }
  /** Of a batch: how many lines of its input it takes, if not all. */
  readonly limit?: number | undefined
}

export function describeOrigin({ plan, file, args, io, variables, input, limit }: DescribeOrigin): Origin {
  const config = args.value('config')
  return describe({
    plan,
    flow: resolve(io.cwd, file),
    variables,
    input,
    inputs: batchInputs(args, io),
    config: config === undefined ? undefined : resolve(io.cwd, config),
    limit,
  })
}

/** Goes on with a run in this process. */
export function takeUp({ messages, ...run }: TakeUp & { readonly messages: Messages }): Promise<RunHandle> {
  const { id, status } = run.run
  if (isEnded(status)) messages.hint(`run ${id} has already ended (${status}); this is its result`)
  return take(run)
}

// ---

/** The file of a batch; `-` for whatever can be read only once. */
function batchInputs(args: Args, io: Io): string | undefined {
  const name = args.value('inputs')
  if (name === undefined || name === '-') return name
  const path = resolve(io.cwd, name)
  // What is no file may have no path of its own.
  return statSync(path).isFile() ? realpathSync(path) : '-'
}
