// Begins a run as a workflow. The same id with the same plan and input is the same run.

import { checkRunId, contentId, FlowError } from '@stepflow/engine'
import type { StartElsewhere } from '@stepflow/host'
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { type Connected, serverFailure } from '../connect.ts'
import { NAMES } from '../far-call.ts'
import { REPLAY_VERSION } from '../replay-version.ts'
import { checkSize } from '../worker-facts.ts'
import type { FlowArguments } from '../workflow/workflow.ts'

/** What the memo says of a run. */
export interface RunMemo {
  readonly plan: string
  /** Of what was asked for. */
  readonly request: string
  readonly version: string
  readonly replay: string
}

export async function startRun(
  { client, address, keepsBlobs }: Connected,
  { id, plan, input, flow, variables, labels }: StartElsewhere,
  version: string,
): Promise<void> {
  checkRunId(id)
  checkSize('the input', input, keepsBlobs)
  checkSize('the flow', plan, keepsBlobs)
  const options = {
    ...(flow === undefined ? {} : { flow }),
    ...(variables === undefined ? {} : { variables }),
    ...(labels === undefined ? {} : { labels }),
  }
  const args: FlowArguments = [plan, input, options]
  const memo: RunMemo = {
    plan: contentId(plan),
    request: contentId([plan, input ?? null, options]),
    version,
    replay: REPLAY_VERSION,
  }
  try {
    await client.workflow.start(`${NAMES.flow}${plan.name}`, {
      ...{ workflowId: id, taskQueue: address.taskQueue, args },
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      memo: { stepflow: memo },
    })
  } catch (thrown) {
    if (!(thrown instanceof WorkflowExecutionAlreadyStartedError)) throw serverFailure(thrown, address)
    const { memo: there } = await client.workflow.getHandle(id).describe()
    if ((there?.stepflow as RunMemo | undefined)?.request === memo.request) return
    throw new FlowError('CONFLICT', `there is a run ${id} already, of another flow or input: use another key`)
  }
}
