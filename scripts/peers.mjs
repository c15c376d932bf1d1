// Puts in place what the benchmarks measure us against: bench/peers, from npm, once.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { isInstalled, root } from './setup.mjs'

export const peersFolder = join(root, 'bench/peers')

/** Says why they are not there, if they cannot be had. */
export function installPeers() {
  if (isInstalled(peersFolder)) return undefined
  process.stderr.write('installing the peers (once; 200 MB)\n')
  // Without install scripts: nothing that they would build or fetch is used.
  const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, error } = spawnSync('npm', words, { cwd: peersFolder, stdio: ['ignore', 'inherit', 'inherit'] })
  return status === 0 ? undefined : `the peers could not be installed: ${error?.message ?? `npm ended with ${status}`}`
}
