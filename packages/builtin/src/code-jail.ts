// A process for code that nobody trusts: bounded in time, memory and output, without network, without files but a scratch
// folder that goes with it.
//
// J1. The environment is empty: no key and no path is in it.
// J2. JavaScript runs in a context of its own that holds nothing of ours, in a Node whose permissions take files, processes
//     and threads away, with the network taken out; Python under an audit hook that refuses the same.
// J3. The process has no network device. Where the system cannot do that, code is refused, unless the configuration says
//     that it may run with the other walls alone.
// J4. It ends: by itself, or its whole group is killed.

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, FlowError, isRecord } from '@stepflow/engine'
import { JAVASCRIPT } from './code-javascript.ts'
import { PYTHON } from './code-python.ts'

export interface JailedCode {
  readonly language: 'javascript' | 'python'
  readonly source: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Where no jail can be made, it runs with the inner walls alone. */
  readonly isUnsafe: boolean
}

export interface Jailed {
  readonly outcome: { readonly value: unknown } | { readonly error: string }
  readonly printed: readonly string[]
}

/** Throws TIMEOUT, CANCELLED, or COMPONENT_FAILED if there is nothing to run it with or it did not come back. */
export async function runJailed(code: JailedCode): Promise<Jailed> {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'stepflow-code-')))
  try {
    const [command, ...args] = await commandFor(code, scratch)
    return await converse(command as string, args, scratch, code)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Why code cannot be kept from the network here, as a sentence without its full stop; undefined where it can. */
export function whyNoJail(): string | undefined {
  jail ??= { missing: whatIsMissing() }
  return jail.missing && `code cannot be kept from the network on this machine: ${jail.missing}`
}

/** The same, with what to do about it. */
export function whyRefused(): string | undefined {
  const missing = whyNoJail()
  return missing && `${missing}; "code: { unsafe: true }" in the configuration runs it without that wall`
}

// ---

const MEMORY_MB = 256
const MAX_ANSWER = 16 * 1024 * 1024
const MAX_STDERR = 64 * 1024
/** What to start a command with so that it has no network. */
const UNSHARE = ['unshare', '--map-root-user', '--net']

/** Found out once: it does not change while a process lives. */
let jail: { readonly missing: string | undefined } | undefined

function whatIsMissing(): string | undefined {
  if (process.platform !== 'linux') return 'that takes Linux'
  const [command, ...words] = UNSHARE
  const { error, status, stderr } = spawnSync(command as string, [...words, 'true'], {
    timeout: 5000,
    encoding: 'utf8',
  })
  if (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? 'there is no program "unshare" (of util-linux)'
      : `"unshare" does not answer (${error.message})`
  }
  return status === 0 ? undefined : `the system gives no namespaces (${stderr.trim().split('\n')[0]})`
}

async function commandFor({ language, isUnsafe }: JailedCode, scratch: string): Promise<string[]> {
  const refusal = isUnsafe ? undefined : whyRefused()
  if (refusal !== undefined) throw new FlowError('COMPONENT_FAILED', refusal, { retryable: false })
  const jail = whyNoJail() === undefined ? UNSHARE : []
  if (language === 'javascript') {
    const permission = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission'
    const limits = [`--max-old-space-size=${MEMORY_MB}`, '--no-warnings']
    const files = [`--allow-fs-read=${scratch}/*`, `--allow-fs-write=${scratch}/*`]
    return [...jail, process.execPath, permission, ...limits, ...files, '--eval', JAVASCRIPT]
  }
  return [...jail, await pythonPath(), '-I', '-B', '-c', PYTHON]
}

function converse(command: string, args: string[], scratch: string, code: JailedCode): Promise<Jailed> {
  const { signal, clock, timeoutMs, source } = code
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: scratch,
      env: {},
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    })
    let why: FlowError | undefined
    const end = (reason: FlowError) => {
      why ??= reason
      kill(child)
    }
    const cancelTimer = clock.timer(timeoutMs, () => {
      end(
        new FlowError(
          'TIMEOUT',
          `the code did not end within ${timeoutMs / 1000} s: increase its "timeout", or do less`,
        ),
      )
    })
    const abort = () => end(new FlowError('CANCELLED', 'the code was aborted'))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    const tooLarge = () =>
      end(new FlowError('COMPONENT_FAILED', 'the code returned more than 16 MiB', { retryable: false }))
    const answer = collect(child.stdio[3] as NodeJS.ReadableStream, MAX_ANSWER, tooLarge)
    const stderr = collect(child.stderr as NodeJS.ReadableStream, MAX_STDERR, () => {})
    child.on('error', (error) => {
      why ??= new FlowError('COMPONENT_FAILED', `${command} cannot be started: ${error.message}`, { retryable: false })
    })
    // A child that is gone does not take its input.
    child.stdin?.on('error', () => {})
    child.stdin?.end(JSON.stringify({ code: source, scratch, memory: MEMORY_MB }))
    child.on('close', (_, killedBy) => {
      cancelTimer()
      signal.removeEventListener('abort', abort)
      // What it may have left behind.
      kill(child)
      if (why) return reject(why)
      try {
        resolve(readAnswer(answer(), stderr(), killedBy))
      } catch (error) {
        reject(error)
      }
    })
  })
}

function readAnswer(answer: string, stderr: string, killedBy: NodeJS.Signals | null): Jailed {
  let read: unknown
  try {
    read = JSON.parse(answer)
  } catch {
    read = undefined
  }
  if (isRecord(read)) {
    const printed = Array.isArray(read.printed) ? read.printed.map(String) : []
    if (typeof read.error === 'string') return { outcome: { error: read.error }, printed }
    return { outcome: { value: read.value ?? null }, printed }
  }
  const lastLine = stderr.trim().split('\n').at(-1) ?? ''
  const hint = /out of memory|heap limit|MemoryError/i.test(stderr) ? `: it needs more than ${MEMORY_MB} MB` : ''
  const cause = hint || (killedBy ? ` (${killedBy})` : lastLine === '' ? '' : `: ${lastLine.slice(0, 200)}`)
  throw new FlowError('COMPONENT_FAILED', `the code ended without an answer${cause}`, { retryable: false })
}

/** Keeps at most `limit` characters; `tooMuch` is called when more comes. */
function collect(stream: NodeJS.ReadableStream, limit: number, tooMuch: () => void): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('error', () => {})
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
    else tooMuch()
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}

let python: Promise<string> | undefined

/** The interpreter itself: what is called python3 may be a script that needs an environment. */
function pythonPath(): Promise<string> {
  python ??= new Promise((resolve, reject) => {
    execFile('python3', ['-I', '-c', 'import sys; print(sys.executable)'], { timeout: 20_000 }, (error, stdout) => {
      const path = stdout.trim()
      if (!error && path !== '') return resolve(path)
      python = undefined
      reject(
        new FlowError('COMPONENT_FAILED', 'python3 cannot be started: PYTHON_SANDBOX needs Python 3 on this machine', {
          retryable: false,
        }),
      )
    })
  })
  return python
}
