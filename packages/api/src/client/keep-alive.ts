// Lines that come slowly: a space at the beginning of a line, which means nothing, shows the server that the client lives.

const EVERY_MS = 15_000
const NEWLINE = 0x0a

export async function* keptAlive(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]()
  let isAtLineStart = true
  try {
    for (;;) {
      const next = source.next()
      // In the middle of a line it might be in the middle of a text.
      while (isAtLineStart && !(await comesSoon(next))) yield new Uint8Array([0x20])
      const { done, value } = await next
      if (done) return
      if (value.length > 0) isAtLineStart = value.at(-1) === NEWLINE
      yield value
    }
  } finally {
    await source.return?.()
  }
}

// ---

function comesSoon(next: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), EVERY_MS)
    const come = () => {
      clearTimeout(timer)
      resolve(true)
    }
    next.then(come, come)
  })
}
