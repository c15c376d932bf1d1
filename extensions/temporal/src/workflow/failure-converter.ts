// The same in the sandbox, whose code is one with a key and without.

import { DefaultFailureConverter } from '@temporalio/common'
import { isEncrypted } from '../worker-facts.ts'

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: isEncrypted })
