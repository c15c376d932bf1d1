// The one client of the page.

import { StepflowClient } from '@stepflow/api/client'
import { serverUrl } from './base.ts'

export const client = new StepflowClient({ url: serverUrl, fetch: (input, init) => fetch(input, init) })
