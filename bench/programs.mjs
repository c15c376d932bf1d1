// What the rows run: child processes in an environment without surprises, their time and their peak memory; the engine and
// the compiler, bundled from the sources of this moment.

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { entrySources } from '../scripts/sources.mjs'
import { work } from './work.mjs'

const root = new URL('../', import.meta.url)
export const path = (name) => fileURLToPath(new URL(name, root))
export const stepflow = path('packages/stepflow/bin/stepflow.cjs')
export const isQuick = process.env.BENCH_QUICK === '1'

const folders = []
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder that is gone when the process is. */
export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), 'stepflow-bench-'))
  folders.push(folder)
  return folder
}

/** Milliseconds that a program takes from its start to its end. */
export function timeProgram(args, { cwd } = {}) {
  const start = performance.now()
  printedBy(args, { cwd })
  return performance.now() - start
}

/** What a program prints that ends by itself. */
export function printedBy(args, { cwd } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, env: environment(), maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`)
  return stdout.toString()
}

/** The same, and the most memory that the program held at once; in MB. `env`: beside what every program gets. */
export async function weighProgram(args, { cwd, folder, env = {} }) {
  const report = join(folder, 'peak')
  const preload = join(folder, 'report-peak.cjs')
  writeFileSync(preload, `(${reportPeak})()`)
  const start = performance.now()
  const child = spawn(process.execPath, ['--require', preload, ...args], {
    cwd,
    env: { ...environment(), ...env, BENCH_REPORT: report },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let problems = ''
  child.stderr.on('data', (text) => {
    problems += text
  })
  const status = await new Promise((resolve) => child.on('close', resolve))
  const ms = performance.now() - start
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${problems}`)
  return { ms, mb: Number(readFileSync(report, 'utf8')) / 1024 }
}

/** A program that prints a line of JSON, with its address, when it is ready. */
export async function startProgram(args, cwd) {
  const child = spawn(process.execPath, args, { cwd, env: environment(), stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = new Promise((resolve) => child.once('close', resolve))
  let text = ''
  for await (const part of child.stdout) {
    text += part
    if (text.includes('\n')) break
  }
  return {
    ...JSON.parse(text),
    pid: child.pid,
    /** Sends it a signal. */
    kill: (signal) => child.kill(signal),
    async end() {
      child.kill('SIGTERM')
      await closed
    },
    peak: () => megabytes(child.pid, 'VmHWM'),
    memory: () => megabytes(child.pid, 'VmRSS'),
  }
}

/** Our server on a free port; `words`: what else it is told. */
export function serve(cwd, ...words) {
  return startProgram([stepflow, 'serve', '--port', '0', '--json', '--quiet', ...words], cwd)
}

/** Sends JSON, and answers what comes back. */
export async function post(url, body) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}

/** The engine and the compiler of flows. */
export async function loadEngine(folder) {
  const { build } = await import('esbuild')
  const outfile = join(folder, 'engine.mjs')
  await build({
    stdin: { contents: `export * from '@stepflow/engine'; export * from '@stepflow/dialects'`, resolveDir: path('.') },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // The ES modules of yaml, as in what is published: its CommonJS build calls `require` while it is loaded.
    alias: { ...entrySources(), yaml: path('node_modules/yaml/browser/index.js') },
    logLevel: 'error',
  })
  return import(pathToFileURL(outfile).href)
}

/** A router to functions, as a program that embeds the engine would write it. */
export function routerOf(functions) {
  return { route: (name) => ({ component: { info: { name }, call: functions[name.slice(1)] } }) }
}

/** The plan of a flow that is given as a value. */
export function planOf({ compileValue }, flow) {
  const { plan, diagnostics } = compileValue(flow)
  if (!plan) throw new Error(diagnostics.map((one) => one.message).join('; '))
  return plan
}

/** A chain of so many steps of the work that is measured: each gets what the one before it gave. */
export function chainOf(engine, steps) {
  return planOf(engine, {
    steps: Array.from({ length: steps }, (_, i) => ({
      id: `s${i}`,
      component: `/${work[i % work.length].name}`,
      input: i === 0 ? { $input: '$' } : { $step: `s${i - 1}` },
    })),
    output: { $step: `s${steps - 1}` },
  })
}

// ---

function megabytes(pid, which) {
  return Number(new RegExp(`${which}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
}

/** Certificates of the company's proxy take 20 ms to read, and no flow of ours needs them. */
function environment() {
  const { NODE_EXTRA_CA_CERTS, NODE_OPTIONS, NODE_COMPILE_CACHE, ...rest } = process.env
  return rest
}

/** Runs in the child, at its end. What the system keeps as "most" would count the parent's memory too: /proc does not. */
function reportPeak() {
  const { readFileSync, writeFileSync } = require('node:fs')
  process.on('exit', () => {
    let kilobytes
    try {
      kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]
    } catch {
      kilobytes = process.resourceUsage().maxRSS
    }
    writeFileSync(process.env.BENCH_REPORT, String(kilobytes))
  })
}
