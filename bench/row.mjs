// One row, in the process that run.mjs started for it. By itself it prints what it measured.

import { printTable } from './measure.mjs'

const { measure } = await import(`./rows/${process.argv[2]}.mjs`)
const lines = await measure()
if (process.send) process.send(lines, () => process.disconnect())
else printTable(lines)
