// Starts a node whose database may go at any moment of its start: then the node starts again, once it is back.

import { isAway, type Log } from '@stepflow/engine'

/** `start` says when it has found that several nodes share its store. */
export async function startWhenThere<T>(
  log: Log | undefined,
  start: (foundShared: () => void) => Promise<T>,
): Promise<T> {
  for (;;) {
    let isShared = false
    try {
      return await start(() => {
        isShared = true
      })
    } catch (thrown) {
      if (!isShared || !isAway(thrown)) throw thrown
      log?.('warning', `the store is away, so this node starts again: ${thrown.message}`)
      await new Promise((again) => setTimeout(again, AGAIN_MS))
    }
  }
}

// ---

const AGAIN_MS = 1_000
