// Programs with our own SDKs, from the sources of this checkout.

import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/servers/${name}`, import.meta.url))

/** With the SDK's source bundled into it, as the running Node can start it. */
export async function typescriptServer(folder: string): Promise<Program> {
  const program = join(mkdtempSync(join(folder, 'ours-')), 'server.mjs')
  await build({
    entryPoints: [fixture('ours.mjs')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
    alias: { '@stepflow/protocol/sdk': at('packages/protocol/src/sdk.ts') },
    logLevel: 'silent',
  })
  return { command: process.execPath, args: [program], env: {} }
}

/** Or why there is none. */
export function pythonServer(): Program | { readonly missing: string } {
  try {
    const test = 'import sys; assert sys.version_info >= (3, 9); print(sys.executable)'
    const command = execFileSync('python3', ['-c', test], { encoding: 'utf8' }).trim()
    return { command, args: [fixture('ours.py')], env: { PYTHONPATH: at('sdks/python') } }
  } catch {
    return { missing: 'there is no Python 3.9 or newer on the PATH' }
  }
}
