// What a workflow asks the worker that has it in hand: the answer is in the history, so that a replay finds it again.

import { scheduleLocalActivity } from '@temporalio/workflow'
import { failureOf } from './failure-of.ts'

export async function askWorker<T>(what: string, args: readonly unknown[]): Promise<T> {
  try {
    return await scheduleLocalActivity<T>(what, [...args], { startToCloseTimeout: 60_000 })
  } catch (thrown) {
    throw failureOf(thrown)
  }
}
