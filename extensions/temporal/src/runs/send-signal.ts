// What a run is told: a cancel as Temporal's, a signal as the one of that name, pause and resume as signals of ours.

import { FlowError, type JournalEntry } from '@stepflow/engine'
import { type Connected, isUnknownRun, serverFailure } from '../connect.ts'
import { NAMES } from '../far-call.ts'
import { checkSize } from '../worker-facts.ts'

export async function sendSignal(
  { client, address, keepsBlobs }: Connected,
  run: string,
  entry: Extract<JournalEntry, { type: 'signalled' }>,
): Promise<void> {
  const { name, signal, payload, id, item, by, wait } = entry
  checkSize('the payload of the signal', payload, keepsBlobs)
  const handle = client.workflow.getHandle(run)
  const from = by === undefined ? {} : { by }
  try {
    switch (name) {
      case 'cancel':
        if (payload !== undefined) await handle.signal(NAMES.cancel, { reason: String(payload), ...from })
        return void (await handle.cancel())
      case 'pause':
      case 'resume':
        return await handle.signal(NAMES[name], from)
      case 'signal':
        // One of that kind has a name.
        return await handle.signal(signal as string, payload ?? null, {
          ...from,
          ...(id === undefined ? {} : { id }),
          ...(item === undefined ? {} : { item }),
          ...(wait === undefined ? {} : { wait }),
        })
    }
  } catch (thrown) {
    if (!isUnknownRun(thrown)) throw serverFailure(thrown, address)
    throw new FlowError('CONFLICT', `run ${run} has ended: nothing can be sent to it`, { cause: thrown })
  }
}
