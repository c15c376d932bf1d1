// A worker of the workflows written by hand: node plain-worker.mjs HOST:PORT QUEUE BUNDLE. Prints a line when new runs begin on it.

import { work } from '../work.mjs'
import { requireThere } from './extension.mjs'

const [address, taskQueue, codePath] = process.argv.slice(2)
const { DefaultLogger, NativeConnection, Runtime, Worker } = requireThere('@temporalio/worker')
Runtime.install({ logger: new DefaultLogger('WARN') })
const version = { deploymentName: taskQueue, buildId: '1' }
const connection = await NativeConnection.connect({ address })
const worker = await Worker.create({
  ...{ connection, taskQueue, workflowBundle: { codePath } },
  activities: Object.fromEntries(work.map((fn) => [fn.name, async (input) => fn(input)])),
  maxHeartbeatThrottleInterval: '500ms',
  stickyQueueScheduleToStartTimeout: '1s',
  workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' },
})
const ended = worker.run()
await makeCurrent()
console.log('{}')
await ended
await connection.close()

// ---

/** The server learns of the version when it is asked for work. */
async function makeCurrent() {
  for (;;) {
    try {
      return await connection.workflowService.setWorkerDeploymentCurrentVersion({ namespace: 'default', ...version })
    } catch {
      await new Promise((again) => setTimeout(again, 100))
    }
  }
}
