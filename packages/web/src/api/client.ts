// The one client of the page.

import { StepflowClient } from '@stepflow/api/client'
import { serverUrl } from './base.ts'
import { watched } from './session.ts'

export const client = new StepflowClient({ url: serverUrl, fetch: watched })
