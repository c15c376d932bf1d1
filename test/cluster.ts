// Nodes on one database, as processes in a folder of their own, with a component that notes each of its calls in a file.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { newFolder } from './new-folder.ts'
import { stepflow } from './stepflow.ts'

export interface Node {
  readonly name: string
  readonly child: ChildProcess
  /** What it prints once it works: where its API is, or where its probes are answered. */
  readonly ready: Promise<{ readonly url: string }>
  /** With its exit code. */
  readonly ended: Promise<number | null>
  /** What it has written to stderr. */
  said(): string
}

export interface StartedNode extends Node {
  readonly url: string
}

/** Of a component. Times are those of `steadyNow`. */
export interface Call {
  readonly run: string
  readonly item: number
  readonly step: string
  readonly node: string
  readonly begun: number
  ended: number | undefined
}

export interface NodeOptions {
  readonly store: string
  readonly env?: Readonly<Record<string, string>>
}

export interface Cluster {
  readonly home: string
  /** `words`: the command and its options. */
  begin(words: readonly string[], options: NodeOptions): Node
  /** The same, once it works; for one test, with which it ends. */
  start(words: readonly string[], options: NodeOptions): Promise<StartedNode>
  /** In the order in which they began. */
  calls(): Call[]
  forgetCalls(): void
  /** Ends all nodes. */
  close(): Promise<void>
}

export const WITHIN = { timeout: 100_000, interval: 100 }

/** What no node may say, whatever happens to others. */
export const WRONG = /^\s+at |s3cr|INTERNAL|is damaged|set aside/m

/** The flow of one call of the component. */
export const slow = `name: slow
description: Notes that it is called, and takes its time
steps: [{ id: a, component: /mine/slow, input: { n: { $input: n }, ms: { $input: ms } } }]
output: { $step: a }
`

const MODULE = `import { appendFileSync } from 'node:fs'
let calls = 0
function note(mark, id, { runId: run, itemIndex: item, stepId: step }) {
  const at = Number(process.hrtime.bigint() / 1000n) / 1000
  appendFileSync('calls', JSON.stringify({ mark, id, at, run, item, step, node: process.env.NODE_NAME }) + '\\n')
}
export async function slow({ n, ms, says, bytes }, context) {
  const id = process.pid + '.' + calls++
  note('+', id, context)
  if (says) context.log('info', says)
  await new Promise((done) => setTimeout(done, ms))
  note('-', id, context)
  return bytes ? { n, text: 'x'.repeat(bytes) } : n
}
export const large = ({ size }) => 'x'.repeat(size)
export async function flaky(input, context) {
  if (context.attempt === 1) throw new Error('the first time')
  return slow(input, context)
}
`
const CONFIG = `plugins:
  builtin: { type: builtin }
  mine: { type: module, path: ./mine.mjs }
routes:
  "/mine/{*component}": [{ plugin: mine }]
  "/{*component}": [{ plugin: builtin }]
`

/** `flows`: by name, without what they are called by. */
export function createCluster(flows: Readonly<Record<string, string>>): Cluster {
  const files = Object.entries(flows).map(([name, text]) => [`flows/${name}.yaml`, text])
  const home = newFolder({ ...Object.fromEntries(files), 'mine.mjs': MODULE, 'stepflow-config.yml': CONFIG })
  const all: Node[] = []
  const begin = (words: readonly string[], { store, env }: NodeOptions): Node => {
    const at = words.indexOf('--name')
    const name = at < 0 ? `node${all.length}` : (words[at + 1] as string)
    const line = [stepflow, ...words, ...(at < 0 ? ['--name', name] : []), '--json']
    const child = spawn(process.execPath, line, {
      ...{ cwd: home, stdio: ['ignore', 'pipe', 'pipe'] },
      env: { ...process.env, STEPFLOW_STORE: store, NODE_NAME: name, ...env },
    })
    let err = ''
    child.stderr?.on('data', (text) => {
      err += text
    })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    const ready = new Promise<{ url: string }>((resolve, reject) => {
      let out = ''
      child.stdout?.on('data', (text) => {
        out += text
        if (out.includes('\n')) resolve({ url: JSON.parse(out).url ?? '' })
      })
      ended.then((code) => reject(new Error(`${name} ended with ${code}: ${err}`)))
    })
    ready.catch(() => {})
    const node = { name, child, ready, ended, said: () => err }
    all.push(node)
    return node
  }
  return {
    home,
    begin,
    async start(words, options) {
      const node = begin(words, options)
      onTestFinished(async () => {
        node.child.kill('SIGKILL')
        await node.ended
      })
      return { ...node, ...(await node.ready) }
    },
    calls: () => callsIn(join(home, 'calls')),
    forgetCalls: () => rmSync(join(home, 'calls'), { force: true }),
    async close() {
      for (const { child } of all) child.kill('SIGKILL')
      await Promise.all(all.map(({ ended }) => ended))
    },
  }
}

/** Milliseconds of a clock that all processes of this machine share, and that nobody sets. */
export function steadyNow(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

// ---

function callsIn(file: string): Call[] {
  const calls = new Map<string, Call>()
  // The last line may still be on its way.
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
  for (const line of lines) {
    const { mark, id, at, ...call } = JSON.parse(line)
    const known = calls.get(id)
    if (mark === '-' && known) known.ended = at
    else calls.set(id, { ...call, begun: at, ended: undefined })
  }
  return [...calls.values()]
}
