// The built program as a child process, for tests: what goes in, what comes out. Not a test.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Files, newFolder } from '../../../test/new-folder.ts'
import { buildCli } from './build-cli.ts'

await buildCli()

export const program = new URL('../bin/stepflow.cjs', import.meta.url).pathname

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface CliOptions {
  readonly cwd?: string
  /** What is piped in; absent: nothing is connected. `open`: a pipe that stays open and silent. */
  readonly stdin?: string | Buffer | 'open'
  readonly env?: Record<string, string>
}

/** Runs `stepflow WORDS` to its end. */
export function cli(words: readonly string[], options: CliOptions = {}): Promise<Ended> {
  return begin(words, options).ended
}

/** The same, for tests that do something meanwhile. */
export function begin(
  words: readonly string[],
  options: CliOptions = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, ...words], {
    cwd: options.cwd ?? tmpdir(),
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  if (options.stdin !== undefined && options.stdin !== 'open') child.stdin?.end(options.stdin)
  return { child, ended: ending(child) }
}

/** What a child has said on stderr so far: what it says in one breath reaches whoever asks for the second half, too. */
const said = new WeakMap<ChildProcess, { text: string }>()

export function ending(child: ChildProcess): Promise<Ended> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  const heard = { text: '' }
  said.set(child, heard)
  child.stdout?.on('data', (chunk) => out.push(chunk))
  child.stderr?.on('data', (chunk) => {
    err.push(chunk)
    heard.text += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) =>
      resolve({ code, signal, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
    )
  })
}

/** Resolves once the child has said something on stderr that matches, since its start; rejects if it ends without. */
export function says(child: ChildProcess, pattern: RegExp): Promise<void> {
  const heard = said.get(child)
  if (heard === undefined) throw new Error('nobody listens to this child yet: call begin() or ending() first')
  return new Promise((resolve, reject) => {
    const look = () => {
      if (pattern.test(heard.text)) resolve()
    }
    look()
    child.stderr?.on('data', look)
    child.on('close', (code) => reject(new Error(`ended (${code}) before it said ${pattern}:\n${heard.text}`)))
  })
}

/** A new folder with these files. */
export function folderWith(files: Files) {
  const folder = newFolder(files)
  return {
    folder,
    at: (name: string) => join(folder, name),
    read: (name: string) => readFileSync(join(folder, name), 'utf8'),
    run: (...words: string[]) => cli(words, { cwd: folder }),
  }
}

/** The lines of JSON Lines, parsed. */
export function parsed(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
