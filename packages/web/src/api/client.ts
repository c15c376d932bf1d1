// The one client of the page.

import { StepflowClient } from '@stepflow/api/client'
import { serverUrl } from './base.ts'
import { events } from './events.ts'
import { watched } from './session.ts'

export const client = new StepflowClient({
  url: serverUrl,
  async fetch(input, init) {
    await events.ready()
    return watched(input, init)
  },
})

/** A visit of a step with its values, as the server answers it. */
export type StepDetail = Awaited<ReturnType<typeof client.getStep>>
