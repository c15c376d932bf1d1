// A process that reads and writes lines of JSON, with the outer walls around it or without: started, written to, read from,
// killed with all that it started. What it says is not believed to be anything but text.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { withoutInherited } from './inherited-files.ts'
import { ANSWER_MB } from './limits.ts'
import { descendantsOf } from './processes.ts'
import { type Inmate, jailed, type Tools } from './walls.ts'

/** What a process answered with; `end` if nothing will come any more. */
export type Said = { readonly line: unknown } | 'too much' | 'end'

export class JailProcess {
  /** Where it may write: gone with it. */
  readonly scratch: string
  /** Its first process, and the one that runs code; without outer walls they are the same. Known once it has answered. */
  guard = 0
  runner = 0
  /** How it ended. */
  ended: { readonly status: number | null; readonly signal: NodeJS.Signals | null } | undefined
  readonly #child: ChildProcess
  readonly #tools: Tools | undefined
  readonly #chunks: Buffer[] = []
  #size = 0
  #stderr = ''
  #onChange: () => void = () => {}

  constructor(inmate: Inmate, tools: Tools | undefined) {
    this.#tools = tools
    this.scratch = tools ? '/tmp' : realpathSync(mkdtempSync(join(tmpdir(), 'stepflow-code-')))
    const [command, ...args] = tools ? jailed(inmate, tools) : [inmate.command, ...inmate.args]
    const options = { cwd: tools ? '/' : this.scratch, env: inmate.env, detached: true }
    const child = withoutInherited(
      ['pipe', 'ignore', 'pipe', 'pipe'],
      (stdio) => spawn(command as string, args, { ...options, stdio }), // a command has a first word
    )
    this.#child = child
    running.add(this)
    const output = child.stdio[3] as Readable // of a pipe
    output.on('error', () => {})
    output.on('data', (chunk: Buffer) => this.#keep(chunk))
    child.stderr?.on('error', () => {})
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('latin1')).slice(-MAX_STDERR)
    })
    // One that is gone does not take its input.
    child.stdin?.on('error', () => {})
    child.on('error', (error) => {
      this.#stderr += `${command} cannot be started: ${error.message}`
      this.#end(null, null)
    })
    child.on('close', (status, signal) => this.#end(status, signal))
  }

  /** What it has written besides, at most the end of it. */
  get stderr(): string {
    return this.#stderr
  }

  /** Nothing has come that was not taken. */
  get isQuiet(): boolean {
    return this.#size === 0
  }

  say(message: unknown): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`)
  }

  /** The next line of JSON. While somebody waits for it, this process stays alive; else it may end when it likes. */
  async listen(): Promise<Said> {
    this.#hold('ref')
    try {
      for (;;) {
        const line = this.#takeLine()
        if (line !== undefined) return { line: parse(line) }
        if (this.#size > MAX_LINE) return 'too much'
        if (this.ended) return 'end'
        await new Promise<void>((resolve) => {
          this.#onChange = resolve
        })
      }
    } finally {
      this.#hold('unref')
    }
  }

  /** Finds out which processes it consists of; false if they are not there. */
  meet(): boolean {
    const { pid } = this.#child
    if (pid === undefined) return false
    const [guard, runner] = this.#tools ? descendantsOf(pid) : [pid, pid]
    this.guard = guard ?? 0
    this.runner = runner ?? 0
    return runner !== undefined
  }

  kill(): void {
    const { pid } = this.#child
    if (this.ended || pid === undefined) return
    // The first process takes all others with it, wherever they put themselves.
    for (const each of this.guard === 0 || this.guard === pid ? [-pid] : [this.guard, -pid]) signalKill(each)
  }

  /** Takes away what it has written. In a jail, that goes by itself. */
  clear(): void {
    if (!this.#tools) rmSync(this.scratch, { recursive: true, force: true })
  }

  // ---

  #keep(chunk: Buffer): void {
    // Nobody asked for more than that; what floods is read and dropped until it is killed.
    if (this.#size > MAX_LINE) return
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (chunk.includes(NEWLINE) || this.#size > MAX_LINE) this.#onChange()
  }

  #takeLine(): string | undefined {
    const last = this.#chunks.at(-1)
    const isThere =
      this.#chunks.length === 1 ? last?.includes(NEWLINE) : this.#chunks.some((chunk) => chunk.includes(NEWLINE))
    if (!isThere) return undefined
    const all = this.#chunks.length === 1 ? (last as Buffer) : Buffer.concat(this.#chunks) // there is one
    const end = all.indexOf(NEWLINE)
    const rest = all.subarray(end + 1)
    this.#chunks.length = 0
    if (rest.length > 0) this.#chunks.push(rest)
    this.#size = rest.length
    return all.toString('utf8', 0, end)
  }

  #end(status: number | null, signal: NodeJS.Signals | null): void {
    if (this.ended) return
    // What it may have left behind.
    if (!this.#tools && this.#child.pid !== undefined) signalKill(-this.#child.pid)
    this.ended = { status, signal }
    running.delete(this)
    this.clear()
    this.#onChange()
  }

  #hold(how: 'ref' | 'unref'): void {
    this.#child[how]()
    // Pipes are sockets, whatever their type says.
    for (const pipe of this.#child.stdio) (pipe as Partial<ChildProcess> | null)?.[how]?.()
  }
}

// ---

const NEWLINE = 10
const MAX_LINE = (ANSWER_MB + 1) * 2 ** 20
const MAX_STDERR = 16 * 1024

const running = new Set<JailProcess>()
// However this process ends by itself; where it is killed, the outer walls see to it.
process.on('exit', () => {
  for (const each of running) {
    each.kill()
    each.clear()
  }
})

function signalKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
