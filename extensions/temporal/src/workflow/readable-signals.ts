// Signals come from whoever reaches the server, in any encoding, under any name. What cannot be read is left out here, with a
// word in the worker's log: to the SDK it is a fault of the workflow's task, which it would try again for ever.

import { arrayFromPayloads, type Payload, type PayloadConverter } from '@temporalio/common'
import { log } from '@temporalio/workflow'

/** What the SDK has of a workflow; the version that we stand on is exact. */
interface Activator {
  readonly payloadConverter: PayloadConverter
  signalWorkflow(signal: SignalJob): void
}

interface SignalJob {
  readonly signalName?: string | null
  readonly input?: Payload[] | null
}

/** The SDK's own names. */
const RESERVED = '__temporal_'

/** Called before there is a handler: until then, signals wait as they came. */
export function leaveOutUnreadable(): void {
  const { __TEMPORAL_ACTIVATOR__: activator } = globalThis as unknown as { __TEMPORAL_ACTIVATOR__: Activator } // set by the SDK
  const deliver = activator.signalWorkflow.bind(activator)
  activator.signalWorkflow = (signal) => {
    const why = whyUnreadable(signal, activator.payloadConverter)
    if (why === undefined) deliver(signal)
    else log.warn(`the signal "${signal.signalName}" is left out: ${why}`)
  }
}

// ---

function whyUnreadable({ signalName, input }: SignalJob, converter: PayloadConverter): string | undefined {
  if (signalName?.startsWith(RESERVED)) return `no signal of ours begins with ${RESERVED}`
  try {
    arrayFromPayloads(converter, input)
    return undefined
  } catch (thrown) {
    return (thrown as Error).message
  }
}
