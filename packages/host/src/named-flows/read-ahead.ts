// While one file is worked on, the next ones are read.

/** So many are read, or wait for their turn. */
const AHEAD = 16

export interface AheadFile<T> {
  readonly path: string
  readonly reading: Promise<T>
}

/** In this order. */
export function* readAhead<T>(
  paths: readonly string[],
  read: (path: string) => Promise<T>,
): Generator<AheadFile<T>, undefined> {
  const begun: AheadFile<T>[] = []
  for (let next = 0; ; ) {
    for (; begun.length < AHEAD && next < paths.length; next++) {
      const path = paths[next] as string
      const reading = read(path)
      // Whoever gets it hears of it in its turn.
      reading.catch(() => {})
      begun.push({ path, reading })
    }
    const first = begun.shift()
    if (!first) return undefined
    yield first
  }
}
