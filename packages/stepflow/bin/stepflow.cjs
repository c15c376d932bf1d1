#!/usr/bin/env node
// The executable: starts the bundled program. Does nothing else, so that starting stays fast.
'use strict'

let program
try {
  program = require('../dist/cli.cjs')
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND' || !String(error.message).includes('cli.cjs')) throw error
  process.stderr.write('stepflow: this checkout has not been built yet: npm run build\n')
  process.exit(70)
}
program.start()
