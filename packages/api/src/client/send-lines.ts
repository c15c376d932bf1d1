// A run whose inputs are sent as lines, again as often as the connection breaks off: each is taken once.

import type { BlobIdShape } from '../shapes/blob.ts'
import type { StartedRun, StartRun } from '../shapes/run.ts'
import type { Http } from './http.ts'
import { keptAlive } from './keep-alive.ts'
import { Patience, type PatienceOptions } from './patience.ts'

/** A run whose inputs are sent as lines. */
export interface SendLines extends PatienceOptions {
  /** What else belongs to the run. */
  readonly run: Omit<StartRun, 'input' | 'inputs' | 'wait' | 'timeout' | 'idempotencyKey'>
  /** All lines, from the first on; asked for again after a connection that broke off. */
  readonly lines: () => AsyncIterable<Uint8Array>
  /** The same key is the same run: what was taken is not taken again. */
  readonly key: string
  /** Told once which run it is, while lines are still sent. */
  readonly onRun?: (runId: string) => void
}

export async function sendLines(http: Http, { run, lines, key, onRun, ...options }: SendLines): Promise<StartedRun> {
  const { signal } = options
  const patience = new Patience(options)
  // Not in the query: an access log must not hold variables.
  const { blobId } = await patience.ask(() =>
    http.json<BlobIdShape>('/blobs', 'blobId', { method: 'POST', json: { data: run }, signal }),
  )
  let isTold = false
  for (;;) {
    try {
      const answer = await http.send('/runs', {
        method: 'POST',
        query: { request: blobId },
        body: { type: 'application/x-ndjson', content: keptAlive(lines()) },
        key,
        signal,
      })
      const runId = decodeURIComponent(answer.headers.get('location')?.split('/').at(-1) ?? '')
      if (runId !== '' && !isTold) {
        isTold = true
        onRun?.(runId)
      }
      return await http.document<StartedRun>(answer, 'runId')
    } catch (thrown) {
      await patience.after(thrown)
    }
  }
}
