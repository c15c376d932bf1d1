// Answers whoever started this process: is sent `{ runs, steps, atOnce }`, does that many runs, so many of them at once, and
// answers `{ ms, times }`: how long all of them took, and each.

export function answerRuns(run) {
  process.on('message', async ({ runs, steps, atOnce }) => {
    const times = []
    const start = performance.now()
    let next = 0
    const worker = async () => {
      while (next < runs) {
        const before = performance.now()
        await run(next++, steps)
        times.push(performance.now() - before)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
    process.send({ ms: performance.now() - start, times })
  })
  // Nothing is kept: what it has written goes with the measurement.
  process.on('disconnect', () => process.exit(0))
  process.on('SIGTERM', () => process.exit(0))
  process.send({ isReady: true })
}
