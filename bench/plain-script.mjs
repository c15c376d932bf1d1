// What somebody would write who needs no workflow engine: reads lines, calls three functions, writes lines.
// node plain-script.mjs IN OUT

import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { discount, ship, tax } from './work.mjs'

const [, , from, to] = process.argv
const out = createWriteStream(to)
let waiting = ''
for await (const line of createInterface({ input: createReadStream(from) })) {
  const result = ship(tax(discount(JSON.parse(line))))
  waiting += `${JSON.stringify({ outcome: 'success', result })}\n`
  if (waiting.length < 65_536) continue
  if (!out.write(waiting)) await once(out, 'drain')
  waiting = ''
}
out.end(waiting)
