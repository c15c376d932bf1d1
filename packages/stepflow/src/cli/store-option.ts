// --store: what it means, and what it is when nobody gives it. Opens nothing.

import { resolve } from 'node:path'
import { suggest } from '@stepflow/engine'
import type { StoreConfig } from '@stepflow/host'
import { usage } from './args.ts'
import type { Args, Command, Io, Option } from './command.ts'

export const storeOption: Option = {
  name: 'store',
  value: 'STORE',
  does: 'where runs are recorded: memory, sqlite:PATH, or postgres://USER@HOST/DATABASE (also STEPFLOW_STORE)',
}

export const blobsOption: Option = {
  name: 'blobs',
  value: 'PLACE',
  does: 'where a store in PostgreSQL keeps its blobs: a folder, or s3://BUCKET/PREFIX (also STEPFLOW_BLOBS)',
  default: 'where it keeps them already, or else the database',
}

/** Whoever waits at a terminal for a full disk is told soon; the same command goes on with the run. */
export const STORE_PATIENCE_MS = 10_000

/** Where runs are looked for when nobody says where. */
export const DEFAULT_STORE = '.stepflow/stepflow.db'

/** What `--store` names; undefined if it is not given. */
export function storeNamed(command: Pick<Command, 'name'>, args: Args, io: Io): StoreConfig | undefined {
  const text = args.value('store') ?? (io.env.STEPFLOW_STORE || undefined)
  if (text === undefined) return undefined
  if (text === 'memory') return { type: 'memory' }
  // It may hold a password: whatever is wrong with it, its text is not repeated.
  if (/^postgres(ql)?:/.test(text)) return { type: 'postgres', url: text }
  const path = /^sqlite:(?:\/\/)?([^?]*)/.exec(text)?.[1]
  if (path === undefined) {
    const near = suggest(text, ['memory'])
    const hint = near ? `; did you mean "${near}"?` : /\.(db|sqlite3?)$/.test(text) ? `: --store sqlite:${text}` : ''
    throw usage(command, `--store is "${text}", but must be memory, sqlite:PATH or postgres://...${hint}`)
  }
  if (path === '') throw usage(command, '--store names no file; write, for example, --store sqlite:runs.db')
  return sqlite(path, io)
}

export function defaultStore(io: Io): Extract<StoreConfig, { type: 'sqlite' }> {
  return sqlite(DEFAULT_STORE, io)
}

/** The options that lead to the same store again; for hints that can be copied. */
export function storeWords(store: StoreConfig, io: Io): readonly string[] {
  if (store.type === 'postgres') return ['--store', withoutPassword(store.url)]
  if (store.type !== 'sqlite' || store.path === resolve(io.cwd, DEFAULT_STORE)) return []
  return ['--store', storeName(store.path, io)]
}

/** What `--store` calls the store of a file. */
export function storeName(path: string, { cwd }: Io): string {
  return `sqlite:${path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path}`
}

// ---

/** Whoever copies it has the password in PGPASSWORD, or in a file that the library reads. */
function withoutPassword(text: string): string {
  try {
    const url = new URL(text)
    url.password = ''
    return url.href
  } catch {
    return 'postgres://...'
  }
}

function sqlite(path: string, io: Io): Extract<StoreConfig, { type: 'sqlite' }> {
  return { type: 'sqlite', path: path === ':memory:' ? path : resolve(io.cwd, path) }
}
