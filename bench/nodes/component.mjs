// What the nodes call: takes its time, and notes that it was called in `calls` of the folder that it runs in, if it is asked to.

import { appendFileSync } from 'node:fs'

export async function slow({ n, ms, isNoted }) {
  const at = Date.now()
  if (isNoted) appendFileSync('calls', `${n} ${process.pid} ${at}\n`)
  if (ms > 0) await new Promise((done) => setTimeout(done, ms))
  return { n, at }
}
