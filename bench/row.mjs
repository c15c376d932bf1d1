// One row, in the process that run.mjs started for it. By itself it prints what it measured. A row that answers a text is
// skipped: what it needs is not here, and the text says why.

import { printTable } from './measure.mjs'

const name = process.argv[2]
const { measure } = await import(`./rows/${name}.mjs`)
const measured = await measure()
if (typeof measured === 'string') console.error(`${name} is skipped: ${measured}`)
const lines = typeof measured === 'string' ? [] : measured
if (process.send) process.send(lines, () => process.disconnect())
else printTable(lines)
