// What `stepflow submit` has before it sends anything, and what it says of a run that goes on without it.

import { randomUUID } from 'node:crypto'
import type { StepflowClient } from '@stepflow/api/client'
import type { FlowError } from '@stepflow/engine'
import type { Args, Io } from '../command.ts'
import type { Messages } from '../messages.ts'
import { openPage } from '../run-line.ts'

export interface ReadySubmit {
  readonly client: StepflowClient
  /** What belongs to the run beside its inputs. */
  readonly run: {
    readonly flowId: string
    readonly variables?: Readonly<Record<string, unknown>>
    readonly overrides?: Readonly<Record<string, unknown>>
    readonly labels?: Readonly<Record<string, string>>
    readonly maxConcurrent?: number
  }
  readonly args: Args
  readonly io: Io
  readonly messages: Messages
  readonly onAway: (error: FlowError) => void
}

/** The key of the run: who gives the same again means the same run. */
export function keyOf(args: Args): string {
  return args.value('idempotency-key') ?? randomUUID()
}

/** Names the run, with its page; opens that, if it is asked for. */
export async function announceSubmitted(
  { client, args, io, messages }: Pick<ReadySubmit, 'client' | 'args' | 'io' | 'messages'>,
  runId: string,
): Promise<void> {
  const page = pageOf(client, runId)
  messages.hint(`run ${runId}: ${page}`)
  if (args.has('open')) await openPage(page, io, messages)
}

/** Where the page of a run is. */
export function pageOf(client: StepflowClient, runId: string): string {
  return `${client.url}/runs/${encodeURIComponent(runId)}`
}

export function goesOn(client: StepflowClient, runId: string): string {
  return `run ${runId} goes on at the server. To look at it:\n  stepflow runs show ${runId} --url ${client.url}`
}
