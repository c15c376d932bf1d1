// What workers and we say to each other when something fails: the codes of tasks and of gRPC, as the errors of our wire and
// back.

import { status } from '@grpc/grpc-js'
import { isRecord } from '@stepflow/engine'
import { rpcCode, type WireError } from '../wire.ts'
import { readStruct } from './read-value.ts'

/** As it stands in a message; protobuf's defaults fill in what is missing. */
export interface TaskError {
  readonly code: number
  readonly message: string
  readonly data?: Uint8Array | null
}

/** The error that a worker completed a task with. */
export function readTaskError({ code, message, data }: TaskError): WireError {
  const values = data ? readStruct(data) : {}
  return {
    code: CODES.get(code) ?? rpcCode.executionFailed,
    message: message === '' ? 'failed without a message' : message,
    ...(Object.keys(values).length === 0 ? {} : { data: values }),
  }
}

/** By our codes; what has none is a failed component. */
export function taskCodeOf(code: string): number {
  return TASK_CODES[code] ?? TASK_CODE.componentFailed
}

/** Never UNAVAILABLE: that would be asked again and again. */
export function grpcStatus({ code, message, data }: WireError) {
  const ours = isRecord(data) && typeof data.code === 'string' ? `${data.code}: ${message}` : message
  return { code: GRPC_CODES.get(code) ?? status.INTERNAL, details: ours }
}

// ---

const TASK_CODE = {
  timeout: 1,
  invalidInput: 2,
  componentFailed: 3,
  cancelled: 4,
  unreachable: 5,
  componentNotFound: 6,
  resourceUnavailable: 7,
  expressionFailure: 8,
  orchestratorError: 9,
} as const

const CODES: ReadonlyMap<number, number> = new Map([
  [TASK_CODE.timeout, rpcCode.timeout],
  [TASK_CODE.invalidInput, rpcCode.invalidInput],
  [TASK_CODE.componentNotFound, rpcCode.methodNotFound],
  // What the worker could not reach: the worker itself was reached.
  [TASK_CODE.unreachable, rpcCode.unavailable],
  [TASK_CODE.resourceUnavailable, rpcCode.unavailable],
])

const TASK_CODES: Readonly<Record<string, number>> = {
  TIMEOUT: TASK_CODE.timeout,
  INVALID_INPUT: TASK_CODE.invalidInput,
  CANCELLED: TASK_CODE.cancelled,
  UNREACHABLE: TASK_CODE.unreachable,
  COMPONENT_NOT_FOUND: TASK_CODE.componentNotFound,
  RESOURCE_UNAVAILABLE: TASK_CODE.resourceUnavailable,
  EXPRESSION_FAILURE: TASK_CODE.expressionFailure,
  INTERNAL: TASK_CODE.orchestratorError,
}

const GRPC_CODES: ReadonlyMap<number, status> = new Map([
  [rpcCode.notFound, status.NOT_FOUND],
  [rpcCode.invalidParams, status.INVALID_ARGUMENT],
  [rpcCode.malformed, status.INVALID_ARGUMENT],
  [rpcCode.invalidRequest, status.FAILED_PRECONDITION],
])
