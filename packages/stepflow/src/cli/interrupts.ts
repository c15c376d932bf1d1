// Ctrl-C: the first one asks, the second one does not wait. Also SIGTERM, as a service manager sends it.

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const LONG_MS = 1 << 30

/** Calls `first` at the first interrupt; the second ends the process. The returned function takes the handlers away. */
export function onInterrupt(first: () => void, second: () => void = () => {}): () => void {
  let times = 0
  const handle = () => {
    if (++times === 1) return first()
    second()
    process.exit(130)
  }
  for (const signal of SIGNALS) process.on(signal, handle)
  // Whoever can be interrupted is at work, although what it waits for may come from another process.
  const work = setInterval(() => {}, LONG_MS)
  return () => {
    clearInterval(work)
    for (const signal of SIGNALS) process.off(signal, handle)
  }
}
