// What a run runs: its flow, and the plan.

import { runFlowSchema } from '@stepflow/api'
import type { App } from '../app/app.ts'
import type { Services } from '../services.ts'

export function runFlowRoutes(app: App, { runs }: Services): void {
  app.get(
    '/runs/:runId/flow',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getRunFlow',
        summary: 'What a run runs: its flow as it was written, and the plan',
        tags: ['runs'],
        params: { type: 'object', properties: { runId: { type: 'string' } }, required: ['runId'] } as const,
        response: { 200: runFlowSchema },
      },
    },
    async ({ params }) => (await runs.open(params.runId)).flow(),
  )
}
