// When something has been waited for in vain.

/** After the last fault, with nodes that have to start first, and with a slow machine. */
const GIVEN_UP_MS = 240_000

/**
 * Asked now and then: true when it is long ago that `isOver` became true. As long as faults are made, nobody knows what they keep
 * from happening.
 */
export function createLateness(isOver: () => boolean): () => boolean {
  let since = performance.now()
  return () => {
    const now = performance.now()
    if (!isOver()) since = now
    return now - since > GIVEN_UP_MS
  }
}
