// Before `npm pack` and `npm publish` of the package `stepflow`: sets up the checkout and takes the licence along.

import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, setUp } from './setup.mjs'

setUp()
copyFileSync(join(root, 'LICENSE'), join(root, 'packages/stepflow/LICENSE'))
