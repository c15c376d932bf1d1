// Asks for a line at the terminal, without showing what is typed.

import { Writable } from 'node:stream'
import { FlowError } from '@stepflow/engine'
import type { Io } from './command.ts'

/** Throws CANCELLED at Ctrl-C. */
export async function readHidden(question: string, io: Io): Promise<string> {
  const { createInterface } = await import('node:readline')
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  io.err(question)
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.on('line', resolve)
      lines.on('close', () => resolve(''))
      lines.on('SIGINT', () => reject(new FlowError('CANCELLED', 'nothing was typed')))
    })
  } finally {
    lines.close()
    io.err('\n')
  }
}
