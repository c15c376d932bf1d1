// A Temporal server, and a project whose flows run there: for tests. Real processes, each ended by its id.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { extension, type Installed } from './install-temporal.ts'
import { stepflow } from './stepflow.ts'

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface RunningWorker {
  readonly child: ChildProcess
  readonly log: () => string
  /** At once, without a word. */
  kill(): Promise<void>
  /** As whoever stops it does; answers its exit code. */
  stop(): Promise<number | null>
}

export interface ServerOptions {
  /** Histories are renewed after so many events. */
  readonly renewAfter: number
  /** What it has is kept in a file, which is many times slower than memory, so that it can be stopped and started again. */
  readonly outlivesItself?: true
}

type Env = Readonly<Record<string, string>>

export class TemporalCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'stepflow-temporal-'))
  readonly #temporal: string
  readonly #port: number
  readonly #options: ServerOptions
  readonly #children = new Set<ChildProcess>()
  #server: ChildProcess | undefined

  private constructor({ temporal }: Installed, port: number, options: ServerOptions) {
    this.#temporal = temporal
    this.#port = port
    this.#options = options
    mkdirSync(join(this.folder, 'flows'))
    mkdirSync(join(this.folder, 'node_modules/@stepflow'), { recursive: true })
    symlinkSync(extension, join(this.folder, 'node_modules/@stepflow/temporal'))
  }

  static async start(installed: Installed, options: ServerOptions): Promise<TemporalCluster> {
    const cluster = new TemporalCluster(installed, await freePort(), options)
    await cluster.startServer()
    return cluster
  }

  async startServer(): Promise<void> {
    const { renewAfter, outlivesItself } = this.#options
    const options = ['--headless', '--ip', '127.0.0.1', '--port', String(this.#port), '--log-level', 'error']
    const database = outlivesItself ? ['--db-filename', join(this.folder, 'temporal.db')] : []
    const renew = ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${renewAfter}`]
    const child = spawn(this.#temporal, ['server', 'start-dev', ...options, ...database, ...renew], { stdio: 'ignore' })
    this.#children.add(child)
    this.#server = child
    await until(() => answers(this.#port))
    await until(async () => (await this.temporal('operator', 'namespace', 'describe', 'default')).code === 0)
  }

  async stopServer(): Promise<void> {
    if (this.#server) await ended(this.#server, 'SIGKILL')
  }

  url(queue = 'q', more = ''): string {
    return `temporal://127.0.0.1:${this.#port}/default?task_queue=${queue}${more}`
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text)
  }

  /** The command line of ours, in the project. */
  async run(words: readonly string[], env: Env = {}): Promise<Ran> {
    return exec(process.execPath, [stepflow, ...words], { cwd: this.folder, env: { ...process.env, ...env } })
  }

  async temporal(...words: string[]): Promise<Ran> {
    return exec(this.#temporal, [...words, '--address', `127.0.0.1:${this.#port}`], { cwd: this.folder })
  }

  /** Resolves when it works. */
  async worker(words: readonly string[], env: Env = {}): Promise<RunningWorker> {
    const child = spawn(process.execPath, [stepflow, 'worker', ...words], {
      cwd: this.folder,
      env: { ...process.env, ...env },
    })
    this.#children.add(child)
    let log = ''
    child.stdout.on('data', (text) => {
      log += text
    })
    child.stderr.on('data', (text) => {
      log += text
    })
    await until(() => {
      if (child.exitCode !== null) throw new Error(`the worker has ended: ${log}`)
      return / works at /.test(log)
    })
    return {
      child,
      log: () => log,
      kill: async () => void (await ended(child, 'SIGKILL')),
      stop: () => ended(child, 'SIGTERM'),
    }
  }

  /** The history of a run. */
  async history(id: string): Promise<{ readonly text: string; readonly events: string[] }> {
    const { out, err } = await this.temporal('workflow', 'show', '-w', id, '--output', 'json')
    if (out === '') throw new Error(err)
    const { events } = JSON.parse(out) as { events: { eventType: string }[] }
    return { text: out, events: events.map(({ eventType }) => eventType.replace('EVENT_TYPE_', '')) }
  }

  /** How many calls of a run are under way. */
  async pending(id: string): Promise<number> {
    const { out } = await this.temporal('workflow', 'describe', '-w', id, '--output', 'json')
    const { pendingActivities } = JSON.parse(out) as { pendingActivities?: readonly unknown[] }
    return pendingActivities?.length ?? 0
  }

  /** Replays these runs, and histories in files, by the code of the package as it is built. `env`: as their workers had it. */
  async replay(ids: readonly string[], files: readonly string[] = [], env: Env = {}): Promise<Ran> {
    const folder = mkdtempSync(join(this.folder, 'histories-'))
    const written = await this.#histories(folder, ids)
    if (written.code !== 0) return written
    const all = [...readdirSync(folder).map((name) => join(folder, name)), ...files]
    return exec(process.execPath, ['replay.mjs', ...all], { cwd: extension, env: { ...process.env, ...env } })
  }

  /** All bytes that the server has of a run: its histories, its memo, what is under way. */
  async everyByte(id: string): Promise<string> {
    const folder = mkdtempSync(join(this.folder, 'histories-'))
    await this.#histories(folder, [id])
    const described = await this.temporal('workflow', 'describe', '-w', id, '--raw', '--output', 'json')
    const texts = described.out.match(/"[A-Za-z0-9+/]{8,}=*"/g) ?? []
    return [
      ...readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1')),
      ...[described.out, ...texts.map((text) => Buffer.from(text, 'base64').toString('latin1'))],
    ].join('\n')
  }

  lines(file: string): string[] {
    const path = join(this.folder, file)
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
  }

  #histories(folder: string, ids: readonly string[]): Promise<Ran> {
    const words = ['histories.mjs', `127.0.0.1:${this.#port}`, folder, ...ids]
    return exec(process.execPath, words, { cwd: extension })
  }

  /** Where its server listens. */
  get port(): number {
    return this.#port
  }

  async close(): Promise<void> {
    await Promise.all([...this.#children].map((child) => ended(child, 'SIGKILL')))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Waits for a condition, as long as the test has time. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50))
}

// ---

function exec(
  program: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { ...options, maxBuffer: 1 << 28 }, (error, out, err) => {
      const code = error ? (typeof error.code === 'number' ? error.code : null) : 0
      resolve({ code, out, err })
    })
    child.stdin?.end()
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  const over = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  child.kill(signal)
  return over
}
