// A component that a worker calls: each call is an activity. Its id is ours, so that a history which is replayed by code that
// calls in another order is refused, and no step gets the result of another.

import { type CallContext, type Component, FlowError, Park, Skip } from '@stepflow/engine'
import { ActivityCancellationType, CancellationScope, scheduleActivity } from '@temporalio/workflow'
import type { FarAnswer, FarCall } from '../far-call.ts'
import { keepsBlobs, SMALLER, tooLarge } from '../worker-facts.ts'
import { failureOf } from './failure-of.ts'
import type { SecretReferences } from './secret-references.ts'

/** A worker that was not heard of for so long is gone. Shorter, one on a busy machine would seem to be, and be called twice. */
const HEARTBEAT_MS = 5_000
/** Of a step without a time limit: Temporal wants one. */
const TEN_YEARS_MS = 10 * 365 * 24 * 3_600_000

export interface FarTools {
  readonly secrets: SecretReferences
  readonly flowId: string
  /** A call has been answered: a moment to look whether the history has grown long. */
  readonly answered: () => void
}

export function farComponent(path: string, tools: FarTools): Component {
  return {
    info: { name: path, limitsItself: true, keepsInput: true },
    call: (input, context) => callFar(path, input, context, tools),
  }
}

// ---

async function callFar(path: string, input: unknown, context: CallContext, tools: FarTools): Promise<unknown> {
  const { stepId, attempt, timeoutMs } = context
  const call = farCall(input, context, tools)
  // Sent all the same, it would be refused and tried again for ever.
  const large = keepsBlobs ? undefined : tooLarge(input)
  if (large) {
    const message = `the input of step "${stepId}" has ${large}, and ${SMALLER}`
    throw new FlowError('INVALID_INPUT', message, { retryable: false })
  }
  const scope = new CancellationScope()
  context.onAbandoned(() => scope.cancel())
  try {
    const answer = await scope.run(() =>
      scheduleActivity<FarAnswer>(path, [input, call], {
        activityId: `${stepId}|${context.path}|${attempt}`,
        summary: stepId,
        startToCloseTimeout: timeoutMs ?? TEN_YEARS_MS,
        heartbeatTimeout: HEARTBEAT_MS,
        cancellationType: ActivityCancellationType.TRY_CANCEL,
        // What a component says is final, for `retry` is ours: this repeats what was lost with a worker.
        retry: {
          initialInterval: 200,
          backoffCoefficient: 2,
          maximumInterval: 10_000,
          nonRetryableErrorTypes: ['TemporalTimeout:StartToClose'],
        },
      }),
    )
    if ('result' in answer) return answer.result
    return 'skip' in answer ? new Skip(answer.skip) : new Park(answer.park)
  } catch (thrown) {
    throw failureOf(thrown, context)
  } finally {
    tools.answered()
  }
}

function farCall(input: unknown, context: CallContext, { secrets: references, flowId }: FarTools): FarCall {
  const { idempotencyKey, stepId, path, attempt, itemIndex, timeoutMs, flowFile, variables, woken, turn } = context
  const secrets = references.foundIn(input)
  return {
    idempotencyKey,
    step: stepId,
    path,
    attempt,
    item: itemIndex,
    flowId,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(flowFile === undefined ? {} : { flowFile }),
    ...(Object.keys(variables).length === 0 ? {} : { variables }),
    ...(woken === undefined ? {} : { woken }),
    ...(turn === undefined ? {} : { turn }),
    ...(secrets === undefined ? {} : { secrets }),
  }
}
