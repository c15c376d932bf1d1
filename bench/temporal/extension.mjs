// The package for Temporal, and its dependencies, which are nobody else's.

import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

export const extension = fileURLToPath(new URL('../../extensions/temporal', import.meta.url))
export const requireThere = createRequire(`${extension}/package.json`)
