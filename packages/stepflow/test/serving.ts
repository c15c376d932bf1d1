// `stepflow serve` as a child process, for tests. Not a test.

import type { ChildProcess } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { begin, type Ended } from './cli.ts'

export interface Serving {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  readonly url: string
  readonly resumedRuns: number
  /** As a power cut does; resolves when it is gone. */
  kill(): Promise<void>
}

/** Started, and ready; ended with the test if it still runs, or when `whenOver` says so. */
export async function serving(
  folder: string,
  port = '0',
  whenOver: (end: () => Promise<void>) => void = onTestFinished,
  words: readonly string[] = [],
): Promise<Serving> {
  const { child, ended } = begin(['serve', '--port', port, '--json', ...words], { cwd: folder })
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  whenOver(kill)
  return { child, ended, kill, ...(await ready(child, ended)) }
}

// ---

function ready(child: ChildProcess, ended: Promise<Ended>): Promise<{ url: string; resumedRuns: number }> {
  let text = ''
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(JSON.parse(text))
    })
    void ended.then(({ code, err }) => reject(new Error(`it ended (${code}) before it was ready: ${err}`)))
  })
}
