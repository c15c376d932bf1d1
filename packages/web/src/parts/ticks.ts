// The server's time, in steps of a second: clocks of readers are wrong.

let offset = 0
let current = Math.floor(Date.now() / 1000) * 1000
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

/** Tells what the server's clock showed when it answered. */
export function setServerTime(at: string): void {
  offset = Date.parse(at) - Date.now()
  tick()
}

/** Epoch milliseconds, by the server's clock. */
export function now(): number {
  return current
}

export function exactNow(): number {
  return Date.now() + offset
}

export function onTick(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(tick, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

function tick(): void {
  current = Math.floor(exactNow() / 1000) * 1000
  for (const listener of listeners) listener()
}
