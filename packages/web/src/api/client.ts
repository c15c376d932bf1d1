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
