// A configuration's document to a Config, with all that is wrong in it. Touches no file.

import { resolve } from 'node:path'
import { faultOfAllowed, type RateLimit } from '@stepflow/builtin'
import type { Node } from '@stepflow/dialects'
import { type Diagnostic, setOwn } from '@stepflow/engine'
import { blobPlace } from '../blobs/blob-place.ts'
import { type Config, defaultConfig, type StoreConfig } from './config.ts'
import { type At, ConfigReader, rootOf } from './config-reader.ts'
import { readPlugins } from './read-plugins.ts'
import { readRoutes, warnOfUnused } from './read-routes.ts'
import type { Env } from './substitute.ts'

export interface ReadConfigOptions {
  /** What relative paths are relative to, unless the document says `working_directory`. */
  readonly directory: string
  readonly env: Env
  /** The file that the document stands in: a configuration's own, or a flow's with a configuration inside. */
  readonly file?: string | undefined
  /** Where in the file; for messages. */
  readonly path?: string
}

export interface ConfigFindings {
  readonly config: Config
  /** If there are errors among them, `config` is what is left without what is wrong. */
  readonly diagnostics: readonly Diagnostic[]
}

/** Reads a configuration that has been parsed: a file of its own, or what stands in a flow's `test.config`. */
export function readConfig(document: Node, options: ReadConfigOptions): ConfigFindings {
  const reader = new ConfigReader(options.env, options.file)
  const isEmpty = document.kind === 'scalar' && document.value === null
  const at = isEmpty ? undefined : rootOf(document, options.path)
  const fields = reader.fields(at, 'the configuration', KEYS) ?? new Map<string, At>()

  const given = reader.text(fields.get('working_directory'), '"working_directory"')
  const directory = resolve(options.directory, given ?? '.')
  const declared = reader.entries(fields.get('plugins'), 'plugins') ?? []
  const plugins = readPlugins(reader, declared, directory)
  // A plugin that could not be read has been reported; that a route names it is no second mistake.
  const names = new Set([...plugins, ...declared.map(([name]) => ({ name }))].map(({ name }) => name))
  const routes = readRoutes(reader, fields.get('routes'), names)
  warnOfUnused(reader, declared, plugins, routes)
  for (const key of ELSEWHERE) {
    const place = fields.get(key)
    if (place) reader.say('hint', 'KEY_WITHOUT_EFFECT', place, `"${key}" has no effect here`)
  }

  const config: Config = {
    ...defaultConfig(directory),
    ...(options.file === undefined ? {} : { file: options.file }),
    plugins,
    routes,
    stateStore: readStore(reader, fields.get('state_store'), directory),
    http: readHttp(reader, fields.get('http')),
    files: { allow: readAllowedFiles(reader, fields.get('files'), directory) },
    history: readHistory(reader, fields.get('history')),
    code: readCode(reader, fields.get('code')),
  }
  return { config, diagnostics: reader.diagnostics }
}

// ---

/** Keys of other programs' configurations, which speak of parts that we do not have. */
const ELSEWHERE = ['retry', 'lease_manager', 'recovery', 'blob_api']

const KEYS = {
  plugins: [],
  routes: [],
  state_store: ['storage_config'],
  http: [],
  files: [],
  history: [],
  code: [],
  working_directory: [],
  ...Object.fromEntries(ELSEWHERE.map((key) => [key, []])),
}

const STORE_TYPES = {
  in_memory: 'memory',
  inMemory: 'memory',
  memory: 'memory',
  sqlite: 'sqlite',
  postgres: 'postgres',
  postgresql: 'postgres',
} as const

function readStore(reader: ConfigReader, at: At | undefined, directory: string): StoreConfig {
  const memory: StoreConfig = { type: 'memory' }
  const keys = { type: [], database_url: ['path', 'url'], auto_migrate: [], max_connections: [], directory: [] }
  const fields = reader.fields(at, '"state_store"', { ...keys, metadata: [], blobs: [], journal: [] })
  if (!at || !fields) return memory
  // The expanded form has a store for each purpose; here one holds them all, and it is the first that is named.
  const part = fields.get('metadata')
  if (part) {
    for (const name of ['blobs', 'journal']) {
      const other = fields.get(name)
      if (!other || isPlaceOfBlobs(name, other)) continue
      reader.say('hint', 'KEY_WITHOUT_EFFECT', other, `"${name}" has no effect: "metadata" holds everything`)
    }
    return withBlobs(reader, readStore(reader, part, directory), fields.get('blobs'), directory)
  }
  if (!fields.has('type')) return reader.error(at, '"state_store" says no "type"') ?? memory
  const type = reader.oneOf(fields.get('type'), '"type" of "state_store"', STORE_TYPES)
  if (type === undefined || type === 'memory') return memory
  const place = fields.get('database_url')
  const url = reader.text(place, '"database_url" of "state_store"')
  if (!place) return reader.error(at, `"state_store" of type ${type} has no "database_url"`) ?? memory
  if (url === undefined) return memory
  if (type === 'sqlite')
    return withBlobs(reader, { type, path: sqlitePath(url, directory) }, fields.get('blobs'), directory)
  if (/^postgres(ql)?:/.test(url)) return withBlobs(reader, { type, url }, fields.get('blobs'), directory)
  return reader.error(place, '"database_url" of "state_store" does not begin with "postgres://"') ?? memory
}

/** Ours is a text; others have a store of its own there. */
function isPlaceOfBlobs(name: string, { node }: At): boolean {
  return name === 'blobs' && node.kind === 'scalar'
}

function withBlobs(reader: ConfigReader, store: StoreConfig, at: At | undefined, directory: string): StoreConfig {
  if (!at || !isPlaceOfBlobs('blobs', at)) return store
  const text = reader.text(at, '"blobs" of "state_store"')
  if (text === undefined) return store
  if (store.type !== 'postgres') {
    return (
      reader.error(at, '"blobs" of "state_store" goes with a store in PostgreSQL; others keep them themselves') ?? store
    )
  }
  try {
    const place = blobPlace(text, directory)
    return { ...store, blobs: place.type === 'folder' ? place.path : text }
  } catch (error) {
    return reader.error(at, `"blobs" of "state_store" cannot be used: ${(error as Error).message}`) ?? store
  }
}

/** `sqlite:runs.db?mode=rwc`, `sqlite:///var/runs.db`, `runs.db`. */
function sqlitePath(url: string, directory: string): string {
  const path = url.replace(/^sqlite:(\/\/)?/, '').replace(/\?.*$/, '')
  return path === ':memory:' ? path : resolve(directory, path)
}

function readHttp(reader: ConfigReader, at: At | undefined): Config['http'] {
  const fields = reader.fields(at, '"http"', { allow_private: [], rate_limit: [] })
  const rateLimits: Record<string, RateLimit> = {}
  for (const [host, value] of reader.entries(fields?.get('rate_limit'), '"http.rate_limit"') ?? []) {
    const rate = reader.rate(value, `the rate of "${host}" in "http.rate_limit"`)
    if (!URL.canParse(`http://${host}`) || new URL(`http://${host}`).host !== host.toLowerCase()) {
      reader.error(
        value,
        `"http.rate_limit" is a map by host, and "${host}" is not a host`,
        'write api.example.com or localhost:8080',
      )
    } else if (rate) setOwn(rateLimits, host.toLowerCase(), rate)
  }
  return { allowPrivate: readAllowPrivate(reader, fields?.get('allow_private')), rateLimits }
}

function readAllowPrivate(reader: ConfigReader, at: At | undefined): string[] {
  const what = '"http.allow_private"'
  const places = at?.node.kind === 'scalar' ? [at] : (reader.items(at, what) ?? [])
  return places.flatMap((place) => {
    const entry = reader.text(place, `an element of ${what}`)
    const fault = entry === undefined ? undefined : faultOfAllowed(entry)
    if (fault !== undefined) reader.error(place, fault)
    return entry === undefined || fault !== undefined ? [] : [entry]
  })
}

function readAllowedFiles(reader: ConfigReader, at: At | undefined, directory: string): string[] {
  const place = reader.fields(at, '"files"', { allow: [] })?.get('allow')
  return oneOrMore(reader, place, '"files.allow"').map((path) => resolve(directory, path))
}

function readHistory(reader: ConfigReader, at: At | undefined): Config['history'] {
  const fields = reader.fields(at, '"history"', { max_age: [], max_runs: [] })
  const age = fields?.get('max_age')
  const maxAgeMs = reader.duration(age, '"history.max_age"')
  const maxRuns = reader.count(fields?.get('max_runs'), '"history.max_runs"')
  if (age && maxAgeMs === 0) reader.error(age, '"history.max_age" is 0, which would keep nothing', 'write 30d, 12h')
  return {
    ...(maxAgeMs === undefined || maxAgeMs === 0 ? {} : { maxAgeMs }),
    ...(maxRuns === undefined ? {} : { maxRuns }),
  }
}

function readCode(reader: ConfigReader, at: At | undefined): Config['code'] {
  const fields = reader.fields(at, '"code"', { unsafe: [], memory: [], warm: [] })
  const memoryMb = reader.megabytes(fields?.get('memory'), '"code.memory"')
  const warm = reader.count(fields?.get('warm'), '"code.warm"', 0)
  return {
    unsafe: reader.oneOf(fields?.get('unsafe'), '"code.unsafe"', { true: 'yes', false: 'no' }) === 'yes',
    ...(memoryMb === undefined ? {} : { memoryMb }),
    ...(warm === undefined ? {} : { warm }),
  }
}

function oneOrMore(reader: ConfigReader, at: At | undefined, what: string): string[] {
  const items = at?.node.kind === 'scalar' ? [at] : (reader.items(at, what) ?? [])
  return items.flatMap((item) => {
    const { node } = item
    // A number or a switch is no path and no address, though it could be read as one.
    if (node.kind === 'scalar' && node.value !== null && typeof node.value !== 'string') {
      reader.error(item, `${what} must be text, or a list of texts, but has ${String(node.value)}`)
      return []
    }
    return reader.text(item, items.length === 1 && item === at ? what : `an element of ${what}`) ?? []
  })
}
