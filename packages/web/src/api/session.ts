// Whether the server still knows who asks. Every answer passes here, so that it is noticed wherever it happens.

let isOver = false
const listeners = new Set<() => void>()

/** As `fetch`, and remembers that the server asked who this is. */
export async function watched(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const answer = await fetch(input, init)
  // A token that is wrong is refused with the same number, and is no end of a session.
  if (answer.status === 401 && !answer.url.endsWith('/session')) setSessionOver(true)
  return answer
}

export function setSessionOver(is: boolean): void {
  if (isOver === is) return
  isOver = is
  for (const listener of listeners) listener()
}

export function isSessionOver(): boolean {
  return isOver
}

export function onSession(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
