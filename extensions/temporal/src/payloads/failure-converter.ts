// Where values are encrypted, so are the messages of failures. Loaded by its path, by workers and clients that have a key.

import { DefaultFailureConverter } from '@temporalio/common'

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true })
