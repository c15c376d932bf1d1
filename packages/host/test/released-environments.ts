// Environments with released versions of the public Python SDK, from PyPI: made once, in the ignored folder tmp/.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const folder = fileURLToPath(new URL('../../../tmp/released', import.meta.url))
const exec = promisify(execFile)
const INSTALL_MS = 180_000

/** The Python of that version, or why there is none. */
export async function pythonWith(version: string): Promise<{ readonly python: string } | { readonly missing: string }> {
  const home = join(folder, version)
  const python = join(home, 'bin/python')
  const stamp = join(home, 'complete')
  if (existsSync(stamp)) return { python }
  mkdirSync(folder, { recursive: true })
  try {
    const [base, uv] = [await pythonFrom(3, 11), await findUv()]
    await run(uv, ['venv', '--quiet', '--clear', '--python', base, home])
    const extra = /^0\.(\d|1[01])\./.test(version) ? '[http]' : ''
    await run(uv, ['pip', 'install', '--quiet', '--python', python, `stepflow-py${extra}==${version}`])
    writeFileSync(stamp, '')
    return { python }
  } catch (error) {
    return { missing: `stepflow-py ${version} cannot be installed here: ${lastLine(error)}` }
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
