// A command that ends by itself, or is killed, beside others: how it ended, and what it said.

import { spawn } from 'node:child_process'
import { stepflow } from '../stepflow.ts'

export interface CommandEnded {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** On stderr. */
  readonly said: string
}

export function commandEnded(
  cwd: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CommandEnded> {
  const child = spawn(process.execPath, [stepflow, ...words], {
    ...{ cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] },
  })
  let said = ''
  child.stderr?.on('data', (text) => {
    said += text
  })
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, said })))
}
