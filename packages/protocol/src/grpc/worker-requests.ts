// What a worker asks while it works: runs, in the name of the task that it says, and blobs. Each becomes a request of our wire.

import { own } from '@stepflow/engine'
import { type MessageId, RpcError, rpcCode } from '../wire.ts'
import { readStruct, readValue } from './read-value.ts'
import { runStatus } from './run-status.ts'
import type { TaskBoard } from './task-board.ts'
import { writeValue } from './write-value.ts'

/** As protobuf reads it: fields that are missing are there by its prototype. */
export type Message = Readonly<Record<string, unknown>>

export interface Asking {
  readonly board: TaskBoard
  /** Hands a request of our wire on; rejects with an RpcError. */
  ask(method: string, params: object, call?: MessageId): Promise<unknown>
}

export async function submitRun(request: Message, { board, ask }: Asking): Promise<object> {
  const run = own(request, 'run_request') as Message | undefined // as the proto has it
  if (!run) throw new RpcError(rpcCode.invalidParams, 'SubmitRun: "run_request" is missing')
  if (Object.keys(run.variables ?? {}).length > 0) {
    throw new RpcError(rpcCode.invalidParams, 'SubmitRun: "variables" are not taken here: pass them in the input')
  }
  const root = rootOf(request)
  const { flow_id, input, overrides, max_concurrency, wait } = run
  const params = {
    flowId: flow_id,
    inputs: (input as Uint8Array[]).map(readValue),
    wait,
    ...(overrides ? { overrides: readStruct(overrides as Uint8Array) } : {}),
    ...(max_concurrency ? { maxConcurrency: max_concurrency } : {}),
    ...(request.subflow_key ? { subflowKey: request.subflow_key } : {}),
  }
  return runStatus(await ask('runs/submit', params, callOf(root, board)), root)
}

export async function getRun(request: Message, { board, ask }: Asking): Promise<object> {
  const root = rootOf(request)
  const { run_id, wait, include_results } = request
  const params = { runId: run_id, wait, includeResults: include_results }
  return runStatus(await ask('runs/get', params, callOf(root, board)), root)
}

export async function putBlob(request: Message, { ask }: Asking): Promise<object> {
  const { json_data, raw_data, filename } = request
  if (!Object.hasOwn(request, 'raw_data') && !Object.hasOwn(request, 'json_data')) {
    throw new RpcError(rpcCode.invalidParams, 'PutBlob: there is neither "json_data" nor "raw_data"')
  }
  const params = Object.hasOwn(request, 'raw_data')
    ? { data: Buffer.from(raw_data as Uint8Array).toString('base64'), blob_type: 'binary' }
    : { data: readValue(json_data as Uint8Array), blob_type: 'data' }
  const blob_id = own(await ask('blobs/put', params), 'blob_id')
  return { blob_id, ...(filename ? { filename } : {}) }
}

export async function getBlob({ blob_id }: Message, { ask }: Asking): Promise<object> {
  const blob = await ask('blobs/get', { blob_id })
  const [data, blob_type] = [own(blob, 'data'), own(blob, 'blob_type')]
  const content =
    blob_type === 'binary' ? { raw_data: Buffer.from(String(data), 'base64') } : { json_data: writeValue(data) }
  return { ...content, blob_type, blob_id }
}

export function noTask(taskId: string): RpcError {
  return new RpcError(rpcCode.notFound, `there is no open task "${taskId}": it has ended, or never was`)
}

// ---

/** What says which task a request belongs to. */
function rootOf({ root_run_id }: Message): string {
  if (typeof root_run_id === 'string' && root_run_id !== '') return root_run_id
  throw new RpcError(rpcCode.invalidParams, '"root_run_id" is missing: the one of the task that the request belongs to')
}

function callOf(taskId: string, board: TaskBoard): MessageId {
  const call = board.callOf(taskId)
  if (call === undefined) throw noTask(taskId)
  return call
}
