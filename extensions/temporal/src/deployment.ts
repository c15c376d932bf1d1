// Has new runs begin on this version: makes it the current one of its deployment, unless a newer one is. Old runs stay where
// they are.

import { FlowError, type Log } from '@stepflow/engine'
import type { Connection } from '@temporalio/client'
import type { Address } from './address.ts'
import { GRPC, grpcCode, serverFailure } from './connect.ts'
import { REPLAY_VERSION } from './replay-version.ts'

const LOOK_AGAIN_MS = 100

/** Resolves once runs begin here, or on a newer version. The worker polls already: the server learns of it by that. */
export async function makeCurrent(
  { workflowService }: Connection,
  address: Address,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, deployment: deploymentName } = address
  while (!signal.aborted) {
    try {
      const { workerDeploymentInfo, conflictToken } = await workflowService.describeWorkerDeployment({
        namespace,
        deploymentName,
      })
      const current = workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId
      if (current === REPLAY_VERSION) return
      if (current && !isOlder(current))
        return log('info', `new runs begin on version ${current}, not on ${REPLAY_VERSION}`)
      const isKnown = workerDeploymentInfo?.versionSummaries?.some(
        ({ deploymentVersion }) => deploymentVersion?.buildId === REPLAY_VERSION,
      )
      if (isKnown) {
        await workflowService.setWorkerDeploymentCurrentVersion({
          namespace,
          deploymentName,
          buildId: REPLAY_VERSION,
          conflictToken: conflictToken ?? new Uint8Array(),
        })
        return
      }
    } catch (thrown) {
      const code = grpcCode(thrown)
      // Not there yet; or another worker was faster, or has not polled its queue yet.
      if (code !== GRPC.NOT_FOUND && code !== GRPC.FAILED_PRECONDITION) throw serverFailure(thrown, address)
    }
    await new Promise((again) => setTimeout(again, LOOK_AGAIN_MS))
  }
}

// ---

function isOlder(buildId: string): boolean {
  if (!/^\d+$/.test(buildId)) {
    const message = `the deployment's current version "${buildId}" is not ours: name another one, &deployment=NAME`
    throw new FlowError('INVALID_INPUT', message)
  }
  return Number(buildId) < Number(REPLAY_VERSION)
}
