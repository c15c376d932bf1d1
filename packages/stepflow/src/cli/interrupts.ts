// Ctrl-C: the first one asks the command to stop, the second one stops it, and a time limit ends any waiting. The same for
// SIGTERM, which service managers send.

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const LONG_MS = 1 << 30

/** What is in flight at an interrupt has so long to end; milliseconds. */
export const DRAIN_MS = 30_000

/**
 * Calls `first` at the first interrupt; the second ends the process, and so does the end of `drainMs`. The returned
 * function takes the handlers away. Meanwhile the process stays at work.
 */
export function onInterrupt(first: () => void, second: () => void = () => {}, drainMs = DRAIN_MS): () => void {
  const ignore = listen(first, second, drainMs)
  const leave = stayAtWork()
  return () => {
    leave()
    ignore()
  }
}

/** The same, and the process ends if nothing is left to wait for: whoever loads modules learns of those that never end. */
export function listen(first: () => void, second: () => void = () => {}, drainMs = DRAIN_MS): () => void {
  let drain: NodeJS.Timeout | undefined
  const stop = () => {
    second()
    process.exit(130)
  }
  const handle = () => {
    if (drain) return stop()
    drain = setTimeout(stop, drainMs)
    first()
  }
  for (const signal of SIGNALS) process.on(signal, handle)
  return () => {
    clearTimeout(drain)
    for (const signal of SIGNALS) process.off(signal, handle)
  }
}

/** The process lives on, although what it waits for may come from another one, until the returned function is called. */
export function stayAtWork(): () => void {
  const work = setInterval(() => {}, LONG_MS)
  return () => clearInterval(work)
}
