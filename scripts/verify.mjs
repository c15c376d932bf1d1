// What must hold before a commit: format and lint, types, tests, examples (which are tests).

import { join } from 'node:path'
import { root, run, setUp } from './setup.mjs'

setUp()
const bin = (name) => join(root, 'node_modules/.bin', name)
run(bin('biome'), ['check', '.'])
run(bin('tsc'), ['-b'])
run(bin('tsc'), ['-p', 'packages/web'])
run(bin('tsc'), ['-p', 'tsconfig.test.json'])
run(process.execPath, ['scripts/test.mjs'])
