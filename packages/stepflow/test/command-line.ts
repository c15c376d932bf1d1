// A command line without a process: the real program with its output caught, in a folder of its own.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Io } from '../src/cli/command.ts'
import { main } from '../src/cli/main.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Folder {
  readonly path: string
  run(...words: string[]): Promise<Ran>
  runOnTerminal(...words: string[]): Promise<Ran>
  remove(): void
}

export function folder(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): Folder {
  const path = mkdtempSync(join(tmpdir(), 'stepflow-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  const run = async (terminal: boolean, words: readonly string[]): Promise<Ran> => {
    let out = ''
    let err = ''
    const io: Io = {
      env,
      cwd: path,
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
      fds: { in: 0, out: 1, err: 2 },
      terminal: {
        in: false,
        out: terminal,
        err: false,
        columns: 72,
        rows: 24,
        color: { out: terminal, err: false },
      },
    }
    return { code: await main(words, io), out, err }
  }
  return {
    path,
    run: (...words) => run(false, words),
    runOnTerminal: (...words) => run(true, words),
    remove: () => rmSync(path, { recursive: true }),
  }
}
