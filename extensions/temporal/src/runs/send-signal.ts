// What a run is told: a cancel as Temporal's, a signal as the one of that name, pause and resume as signals of ours.

import { FlowError, type RunSignal } from '@stepflow/engine'
import { type Connected, isUnknownRun, serverFailure } from '../connect.ts'
import { NAMES } from '../far-call.ts'

export async function sendSignal({ client, address }: Connected, id: string, signal: RunSignal): Promise<void> {
  const handle = client.workflow.getHandle(id)
  const by = signal.by === undefined ? {} : { by: signal.by }
  try {
    switch (signal.name) {
      case 'cancel':
        if (signal.reason !== undefined) await handle.signal(NAMES.cancel, { reason: signal.reason, ...by })
        return void (await handle.cancel())
      case 'pause':
      case 'resume':
        return await handle.signal(NAMES[signal.name], by)
      case 'signal': {
        const { signal: name, payload = null, id: once, item, wait } = signal
        return await handle.signal(name, payload, {
          ...by,
          ...(once === undefined ? {} : { id: once }),
          ...(item === undefined ? {} : { item }),
          ...(wait === undefined ? {} : { wait }),
        })
      }
    }
  } catch (thrown) {
    if (!isUnknownRun(thrown)) throw serverFailure(thrown, address)
    throw new FlowError('CONFLICT', `run ${id} has ended: nothing can be sent to it`, { cause: thrown })
  }
}
