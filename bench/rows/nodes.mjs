// Several nodes on one store in PostgreSQL, as processes: what one more brings, how soon work comes to it, what many see of one
// that is gone and of one run that is cancelled, what they hold of a large run, and what they do when there is nothing to do.
// Skipped where there is no PostgreSQL.

import { measureShared } from '../nodes/shared.mjs'
import { measureSpread } from '../nodes/spread.mjs'
import { measureIdle, measureStream } from '../nodes/stream.mjs'
import { startPostgres } from '../postgres/server.mjs'
import { scratch } from '../programs.mjs'

export async function measure() {
  const server = await startPostgres(scratch())
  if (typeof server === 'string') return server
  try {
    return [
      ...(await measureSpread(server)),
      ...(await measureShared(server)),
      await measureStream(server),
      ...(await measureIdle(server)),
    ]
  } finally {
    await server.stop()
  }
}
