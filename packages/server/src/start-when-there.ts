// Starts a node whose database is not there yet, or goes at any moment of its start: then the node starts again, until it is
// there.

import { FlowError, isAway, type Log } from '@stepflow/engine'

/** `start` says when it has found that several nodes share its store. */
export async function startWhenThere<T>(
  log: Log | undefined,
  start: (foundShared: () => void) => Promise<T>,
): Promise<T> {
  let isWaiting = false
  for (;;) {
    let isShared = false
    try {
      return await start(() => {
        isShared = true
      })
    } catch (thrown) {
      if (isShared && isAway(thrown)) {
        log?.('warning', `the store is away, so this node starts again: ${thrown.message}`)
      } else if (isNotThere(thrown)) {
        if (!isWaiting) log?.('warning', `waiting for the store: ${thrown.message}`)
      } else throw thrown
      isWaiting = isNotThere(thrown)
      await new Promise((again) => setTimeout(again, AGAIN_MS))
    }
  }
}

// ---

const AGAIN_MS = 1_000

/** It could not be opened. */
function isNotThere(thrown: unknown): thrown is FlowError {
  return FlowError.is(thrown) && isAway(thrown.cause)
}
