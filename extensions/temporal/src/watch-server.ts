// Looks from time to time whether a worker's server still answers, and reports it once when it does not, and once when it does
// again. It ends nothing: the worker goes on by itself when its server is back.

import type { Log } from '@stepflow/engine'
import type { Connection } from '@temporalio/client'
import { type Address, placeOf } from './address.ts'
import { GRPC, grpcCode, messageOf } from './connect.ts'

const LOOK_MS = 2_000
/** A server that takes longer for so small a question is away. */
const ANSWERS_WITHIN_MS = 5_000

/** Until the signal. */
export async function watchServer(
  connection: Connection,
  address: Address,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  let isAway = false
  while (await isOpenAfter(LOOK_MS, signal)) {
    const why = await whyAway(connection)
    if (signal.aborted) return
    if (why !== undefined && !isAway) {
      log('warning', `the Temporal server at ${placeOf(address)} does not answer: ${why}. Runs go on when it is back`)
    }
    if (why === undefined && isAway) log('info', `the Temporal server at ${placeOf(address)} answers again`)
    isAway = why !== undefined
  }
}

// ---

/** Undefined if it is there. One that refuses the question has answered it. */
async function whyAway(connection: Connection): Promise<string | undefined> {
  try {
    await connection.withDeadline(Date.now() + ANSWERS_WITHIN_MS, () => connection.workflowService.getSystemInfo({}))
    return undefined
  } catch (thrown) {
    const code = grpcCode(thrown)
    return code === GRPC.UNAVAILABLE || code === GRPC.DEADLINE_EXCEEDED ? messageOf(thrown) : undefined
  }
}

/** False if the signal came before. */
function isOpenAfter(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve(!signal.aborted)
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
