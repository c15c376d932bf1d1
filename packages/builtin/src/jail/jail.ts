// Runs code that nobody trusts, one source after the other, in a process with walls around it.
//
// J1. The environment of this process is not there: no key and no path of it.
// J2. The outer walls are those of walls.ts. Where a machine has none, code is refused, unless the configuration says that
//     it may run with the inner walls alone.
// J3. The inner walls: JavaScript runs in a context of its own that holds nothing of ours, in a Node whose permissions take
//     files, processes and threads away; Python under an audit hook that refuses the same.
// J4. Ten times a second, while code runs, the memory of all that runs in it is looked at.
// J5. It ends: by itself, or it is killed with all that it started.

import { execFile } from 'node:child_process'
import { type Clock, FlowError, isRecord } from '@stepflow/engine'
import { whyItDied } from './deaths.ts'
import { interpreterOf, type Language } from './interpreters.ts'
import { JailProcess } from './jail-process.ts'
import { type Allowance, cpuSeconds, exceeded, isLimit } from './limits.ts'
import { cpuMsOf, descendantsOf, residentBytesOf, usageOf } from './processes.ts'
import { limitData, type Tools } from './walls.ts'

export interface JailOptions extends Allowance {
  readonly language: Language
  readonly clock: Clock
  /** Absent: the inner walls alone. */
  readonly tools: Tools | undefined
}

export interface Jailed {
  readonly outcome: { readonly value: unknown } | { readonly error: string }
  readonly printed: readonly string[]
}

export class Jail {
  readonly options: JailOptions
  /** How often it was asked. */
  uses = 0
  readonly #process: JailProcess
  /** Of its resident memory, as long as no code runs. */
  readonly #idleBytes: number
  /** Why we ended it. */
  #why: FlowError | undefined

  private constructor(options: JailOptions, process: JailProcess) {
    this.options = options
    this.#process = process
    this.#idleBytes = usageOf(process.runner)?.residentBytes ?? 0
  }

  /** One that can be asked; throws if there is none to be had, or if `signal` aborts first. */
  static async start(options: JailOptions, signal: AbortSignal): Promise<Jail> {
    const { language, memoryMb, timeoutMs, clock, tools } = options
    const interpreter = await interpreterOf(language, memoryMb, tools ? 'outer' : 'inner')
    const isCounted = tools !== undefined && language === 'javascript'
    const dataBytes = isCounted ? nodeDataBytes(memoryMb) : undefined
    const process = new JailProcess(
      {
        ...interpreter,
        ...(isCounted ? { cpuSeconds: cpuSeconds(timeoutMs) + SPARE_CPU_S } : {}),
        ...(dataBytes === undefined ? {} : { dataBytes }),
      },
      tools,
    )
    let why: FlowError | undefined
    const stop = (reason: FlowError) => {
      why ??= reason
      process.kill()
    }
    const abort = () => stop(aborted())
    const cancelTimer = clock.timer(START_MS, () => {
      stop(new FlowError('COMPONENT_FAILED', `no jail was ready for the code within ${START_MS / 1000} s`))
    })
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    try {
      const said = await process.listen()
      if (why) throw why
      if (typeof said === 'string' || !process.meet()) {
        const lines = process.stderr.trim().split('\n')
        const told = lines.find((each) => /error/i.test(each)) ?? lines.at(-1)
        throw new FlowError('COMPONENT_FAILED', `no jail could be made for the code: ${told}`)
      }
      if (isCounted && dataBytes === undefined) await measure(process.runner, memoryMb, tools)
      return new Jail(options, process)
    } catch (error) {
      process.kill()
      throw error
    } finally {
      cancelTimer()
      signal.removeEventListener('abort', abort)
    }
  }

  /** Or says something that nobody asked for. */
  get isGone(): boolean {
    return this.#why !== undefined || this.#process.ended !== undefined || !this.#process.isQuiet
  }

  /** Throws TIMEOUT, CANCELLED, or COMPONENT_FAILED if the code did not come back. One at a time. */
  async ask(source: string, timeoutMs: number, signal: AbortSignal): Promise<Jailed> {
    this.uses++
    const { clock, memoryMb } = this.options
    const allowance = { memoryMb, timeoutMs }
    const cancelTimer = clock.timer(timeoutMs, () => {
      const message = `the code did not end within ${timeoutMs / 1000} s: increase its "timeout", or do less`
      this.end(new FlowError('TIMEOUT', message))
    })
    const abort = () => this.end(aborted())
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    const cancelWatch = this.#watch(() => this.end(failed(`the code failed: ${exceeded('memory', allowance)}`)))
    const { scratch } = this.#process
    this.#process.say({ code: source, seconds: cpuSeconds(timeoutMs), memory: memoryMb, scratch })
    const said = await this.#process.listen()
    cancelTimer()
    cancelWatch()
    signal.removeEventListener('abort', abort)
    if (this.#why) throw this.#why
    const answer = said === 'end' || said === 'too much' ? undefined : readAnswer(said.line, allowance)
    if (answer) return answer
    const why =
      said === 'too much' ? `the code failed: ${exceeded('answer', allowance)}` : this.#whyItDied(said, allowance)
    this.end()
    throw failed(why)
  }

  /** Whether it can run the same code again: it has come back to where it began, alone, and has not grown. */
  async rest(): Promise<boolean> {
    const cancelTimer = this.options.clock.timer(REST_MS, () => this.end())
    const said = await this.#process.listen()
    cancelTimer()
    const { guard, runner } = this.#process
    if (this.isGone || typeof said === 'string' || !isDone(said.line)) return false
    // Each Python code has a process, and so memory and time, of its own; but it may have left others behind.
    if (this.options.language === 'python') return guard === runner || descendantsOf(guard).length === 1
    const grown = (usageOf(runner)?.residentBytes ?? 0) - this.#idleBytes
    return grown < (this.options.memoryMb * 2 ** 20) / 4 && cpuMsOf(runner) < SPARE_CPU_S * 1000
  }

  end(why: FlowError = failed('the code was stopped')): void {
    this.#why ??= why
    this.#process.kill()
  }

  // ---

  #watch(tooMuch: () => void): () => void {
    const { clock, memoryMb } = this.options
    const { guard } = this.#process
    const limit = this.#idleBytes + memoryMb * 2 ** 20
    const look = () => {
      if (residentBytesOf([guard, ...descendantsOf(guard)], limit) > limit) tooMuch()
      else cancel = clock.timer(WATCH_MS, look)
    }
    let cancel = clock.timer(WATCH_MS, look)
    return () => cancel()
  }

  /** Python says how its fork ended; else it is the process itself that did. */
  #whyItDied(said: { readonly line: unknown } | 'end', allowance: Allowance): string {
    const { ended, stderr } = this.#process
    if (said === 'end') return whyItDied({ status: null, signal: null, ...ended, stderr }, allowance)
    const status = isDone(said.line) && typeof said.line.done === 'number' ? said.line.done : null
    return status === null ? 'the code did not return JSON' : whyItDied({ status, signal: null, stderr }, allowance)
  }
}

// ---

const START_MS = 30_000
const WATCH_MS = 100
/** How long what code leaves behind may take to end. */
const REST_MS = 1000
const MOST_LINES = 1000
const MOST_CHARACTERS = 2000
/** CPU time that Node may have over the timeout: what it needs to start, and for earlier answers. */
const SPARE_CPU_S = 1

/** What an idle Node of this version has. */
let idleDataBytes: number | undefined

function nodeDataBytes(memoryMb: number): number | undefined {
  return idleDataBytes === undefined ? undefined : idleDataBytes + memoryMb * 2 ** 20
}

/** The first one is measured before it runs code; later ones are started with the limit. */
async function measure(pid: number, memoryMb: number, tools: Tools): Promise<void> {
  idleDataBytes ??= usageOf(pid)?.dataBytes
  const [command, ...args] = limitData(pid, nodeDataBytes(memoryMb) ?? 0, tools)
  await new Promise<void>((resolve, reject) => {
    execFile(command as string, args, { env: {} }, (error, _, stderr) => {
      if (!error) return resolve()
      reject(
        new FlowError('COMPONENT_FAILED', `the memory of code cannot be limited: ${stderr.trim() || error.message}`),
      )
    })
  })
}

function readAnswer(line: unknown, allowance: Allowance): Jailed | undefined {
  if (!isRecord(line) || isDone(line)) return undefined
  // The programs bound it; what has got past them may say anything.
  const lines = Array.isArray(line.printed) ? line.printed.slice(0, MOST_LINES) : []
  const printed = lines.map((each) => String(each).slice(0, MOST_CHARACTERS))
  if (typeof line.error !== 'string') return { outcome: { value: line.value ?? null }, printed }
  const limit = OUT_OF_MEMORY.test(line.error) ? 'memory' : line.limit
  const why = isLimit(limit) ? `: ${exceeded(limit, allowance)}` : ''
  return { outcome: { error: `${line.error}${why}` }, printed }
}

function isDone(line: unknown): line is { done: unknown } {
  return isRecord(line) && 'done' in line
}

function failed(message: string): FlowError {
  return new FlowError('COMPONENT_FAILED', message, { retryable: false })
}

function aborted(): FlowError {
  return new FlowError('CANCELLED', 'the code was aborted')
}

/** How V8 says so of a buffer of bytes, and of one for WebAssembly. */
const OUT_OF_MEMORY =
  /^RangeError: (?:Array buffer allocation failed|WebAssembly\.Memory\(\): could not allocate memory)/
