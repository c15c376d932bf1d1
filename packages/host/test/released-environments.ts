// Environments with released packages, from PyPI and npm: made once, in the ignored folder tmp/.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const folder = fileURLToPath(new URL('../../../tmp/released', import.meta.url))
const exec = promisify(execFile)
const INSTALL_MS = 180_000

/** The Python of that version of the public SDK, or why there is none. */
export function pythonWith(version: string): Promise<{ readonly python: string } | { readonly missing: string }> {
  const extra = /^0\.(\d|1[01])\./.test(version) ? '[http]' : ''
  return pythonOf(version, [`stepflow-py${extra}==${version}`])
}

/** A Python with these packages, in an environment of that name, or why there is none. */
export async function pythonOf(
  name: string,
  packages: readonly string[],
): Promise<{ readonly python: string } | { readonly missing: string }> {
  const home = join(folder, name)
  const python = join(home, 'bin/python')
  const stamp = join(home, 'complete')
  if (existsSync(stamp)) return { python }
  mkdirSync(folder, { recursive: true })
  try {
    const [base, uv] = [await pythonFrom(3, 11), await findUv()]
    await run(uv, ['venv', '--quiet', '--clear', '--python', base, home])
    await run(uv, ['pip', 'install', '--quiet', '--python', python, ...packages])
    writeFileSync(stamp, '')
    return { python }
  } catch (error) {
    return { missing: `${packages.join(', ')} cannot be installed here: ${lastLine(error)}` }
  }
}

/** The folder `node_modules` with these packages, in an environment of that name, or why there is none. */
export async function nodeModulesOf(
  name: string,
  packages: readonly string[],
): Promise<{ readonly modules: string } | { readonly missing: string }> {
  const home = join(folder, name)
  const found = { modules: join(home, 'node_modules') }
  if (existsSync(home)) return found
  // Two files of tests may make it at the same time: whoever is first has made it.
  const made = `${home}-${process.pid}`
  mkdirSync(made, { recursive: true })
  try {
    writeFileSync(join(made, 'package.json'), '{ "private": true }')
    const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts']
    await run('npm', ['install', '--prefix', made, ...quiet, ...packages])
    if (!existsSync(home)) renameSync(made, home)
    return found
  } catch (error) {
    return { missing: `${packages.join(', ')} cannot be installed here: ${lastLine(error)}` }
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

// ---

/** On the PATH, else from PyPI. */
async function findUv(): Promise<string> {
  try {
    await run('uv', ['--version'])
    return 'uv'
  } catch {
    const home = join(folder, 'uv')
    const uv = join(home, 'bin/uv')
    if (!existsSync(uv)) {
      await run(await pythonFrom(3, 8), ['-m', 'venv', home])
      await run(join(home, 'bin/pip'), ['install', '--quiet', 'uv'])
    }
    return uv
  }
}

async function pythonFrom(major: number, minor: number): Promise<string> {
  const test = `import sys; assert sys.version_info >= (${major}, ${minor}); print(sys.executable)`
  for (const name of ['python3', 'python3.13', 'python3.12', 'python3.11', 'python']) {
    try {
      const { stdout } = await run(name, ['-c', test])
      return stdout.trim()
    } catch {
      // The next one, perhaps.
    }
  }
  throw new Error(`there is no Python ${major}.${minor} or newer on the PATH`)
}

function run(program: string, args: readonly string[]) {
  return exec(program, args, { timeout: INSTALL_MS })
}

function lastLine(error: unknown): string {
  const { stderr = '', message } = error as Error & { stderr?: string }
  return stderr.trim().split('\n').at(-1) || message
}
