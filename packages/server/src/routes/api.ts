// All routes of the API, below /api/v1: what is served, and what its document describes.

import type { App } from '../app/app.ts'
import { describeApi } from '../app/openapi.ts'
import type { Services } from '../services.ts'
import { blobRoutes } from './blobs.ts'
import { bulkRoutes } from './bulk.ts'
import { componentRoutes } from './components.ts'
import { eventRoutes } from './events.ts'
import { flowRoutes } from './flows.ts'
import { itemRoutes } from './items.ts'
import { logRoutes } from './logs.ts'
import { rerunRoutes } from './reruns.ts'
import { runFlowRoutes } from './run-flow.ts'
import { runListRoutes } from './run-list.ts'
import { runRoutes } from './runs.ts'
import { scheduleRoutes } from './schedules.ts'
import { secretRoutes } from './secrets.ts'
import { serverRoutes } from './server.ts'
import { sessionRoutes } from './session.ts'
import { startRunRoutes } from './start-run.ts'
import { stepRoutes } from './steps.ts'
import { tokenRoutes } from './tokens.ts'
import { waitRoutes } from './waits.ts'

export function apiRoutes(app: App, services: Services): void {
  const { version, basePath } = services.config
  const routes = (scope: App) => apiRoutes(scope, services)
  serverRoutes(app, services, () => describeApi({ version, prefix: `${basePath}/api/v1`, routes }))
  blobRoutes(app, services)
  componentRoutes(app, services)
  flowRoutes(app, services)
  startRunRoutes(app, services)
  runListRoutes(app, services)
  runRoutes(app, services)
  runFlowRoutes(app, services)
  rerunRoutes(app, services)
  itemRoutes(app, services)
  logRoutes(app, services)
  bulkRoutes(app, services)
  eventRoutes(app, services)
  stepRoutes(app, services)
  scheduleRoutes(app, services)
  secretRoutes(app, services)
  sessionRoutes(app, services)
  tokenRoutes(app, services)
  waitRoutes(app, services)
}
