// The life of a node: from its start until a signal ends it, or what it learns of its store.

import { FlowError } from '@stepflow/engine'
import { onInterrupt } from './interrupts.ts'
import type { Messages } from './messages.ts'
import { goodbye } from './node-options.ts'

/** `lost`: another process has its store. An error: it may not go on, and why. */
export type NodeEnd = 'stopped' | 'lost' | FlowError

export interface NodeLife<N> {
  readonly drainMs: number
  readonly messages: Messages
  /** `end` may be called at any time, also before it has started. */
  start(end: (how: NodeEnd) => void): Promise<N>
  /** It has started. */
  begun(node: N): Promise<void> | void
}

/** Answers the exit code; throws the error that ended it. */
export async function liveNode<N extends { close(drainMs?: number): Promise<void> }>({
  drainMs,
  messages,
  start,
  begun,
}: NodeLife<N>): Promise<number> {
  let end: (how: NodeEnd) => void = () => {}
  const ended = new Promise<NodeEnd>((resolve) => {
    end = resolve
  })
  const restore = onSignal(() => end('stopped'), drainMs)
  try {
    const started = start(end)
    // A signal that comes while the database is waited for ends it as well.
    const node = await Promise.race([started, ended.then(() => undefined)])
    if (node) {
      await begun(node)
      const how = await ended
      messages.hint(how === 'stopped' ? goodbye(drainMs) : how === 'lost' ? LOST : UNFIT)
      await node.close(how === 'lost' ? 0 : drainMs)
    } else void started.then((late) => late.close()).catch(() => {})
    const how = await ended
    if (FlowError.is(how)) throw how
    return how === 'lost' ? 1 : 0
  } finally {
    restore()
  }
}

/** Whatever keeps a node from ending is given up some time after the drain. The function that is returned takes it back. */
export function onSignal(end: () => void, drainMs: number): () => void {
  return onInterrupt(end, undefined, drainMs + GRACE_MS)
}

// ---

const GRACE_MS = 10_000

const LOST = 'another server has taken this store over, for this one did not answer for too long: it ends'

/** Before the reason. */
const UNFIT = 'this program is too old for the store now: it hands back what it has in hand, and ends'
