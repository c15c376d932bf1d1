// Makes a fresh clone ready to run: checks Node, installs what package-lock.json names, builds. Does only what is missing.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Runs a command to its end, its output shown; ends this process if it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error) fail(`${command} could not be started: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

export function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

export function setUp() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) fail(`Stepflow needs Node 20.19 or newer; this is ${process.version}`)
  install()
  build()
}

/** What the lock file of a folder names is there, as of its last change. */
export function isInstalled(folder) {
  const lock = join(folder, 'package-lock.json')
  const installed = join(folder, 'node_modules/.package-lock.json')
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs
}

// ---

function install() {
  if (isInstalled(root)) return
  process.stderr.write('installing packages (once)\n')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { shell: process.platform === 'win32' })
}

function build() {
  const stamp = join(root, 'packages/stepflow/dist/.built')
  const newest = newestOf(['packages', 'scripts'].map((folder) => join(root, folder)))
  if (existsSync(stamp) && Number(readFileSync(stamp, 'utf8')) >= newest) return
  process.stderr.write('building\n')
  // As package.json says, so that no part of the product is missing where only these scripts have built it.
  run('npm', ['run', 'build', '--silent'], { shell: process.platform === 'win32' })
  writeFileSync(stamp, String(newest))
}

/** When a source was last changed; epoch milliseconds. */
function newestOf(folders) {
  let newest = 0
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (['node_modules', 'dist', 'test'].includes(entry.name) || entry.name.endsWith('.tsbuildinfo')) continue
      const path = join(folder, entry.name)
      newest = Math.max(newest, entry.isDirectory() ? newestOf([path]) : statSync(path).mtimeMs)
    }
  }
  return newest
}
