// The files of the web interface, as they were built: the page itself, and assets whose names change with their content.

import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface PageFiles {
  /** The page for one answer: with the prefix of all paths, and a nonce that no other answer has. */
  page(basePath: string, nonce: string): string
  /** Undefined for a name that was not built. */
  asset(name: string): Asset | undefined
}

export interface Asset {
  readonly type: string
  /** Of the file that is sent compressed. */
  readonly path: string
  readonly isCompressed: boolean
}

/** Undefined if the package holds no page: run from the sources, without a build. */
export function openPageFiles(folder = besideTheProgram()): PageFiles | undefined {
  if (!existsSync(join(folder, 'index.html'))) return undefined
  const html = readFileSync(join(folder, 'index.html'), 'utf8')
  const assets = new Map<string, Asset>()
  for (const file of readdirSync(join(folder, 'assets'))) {
    const isCompressed = file.endsWith('.gz')
    const name = isCompressed ? file.slice(0, -'.gz'.length) : file
    const type = TYPES[name.slice(name.lastIndexOf('.'))]
    if (type !== undefined) assets.set(name, { type, path: join(folder, 'assets', file), isCompressed })
  }
  return {
    page: (basePath, nonce) =>
      html.replaceAll('./assets/', `${basePath}/assets/`).replaceAll(BASE, basePath).replaceAll(NONCE, nonce),
    asset: (name) => assets.get(name),
  }
}

export function newNonce(): string {
  return randomBytes(16).toString('base64url')
}

// ---

/** What index.html has where an answer's own values stand. */
const BASE = '__BASE__'
const NONCE = '__NONCE__'

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
}

function besideTheProgram(): string {
  return fileURLToPath(new URL('./web/', import.meta.url))
}
