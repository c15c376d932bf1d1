// The `plugins` of a configuration, by type. Starts none and looks for none of their files.

import { resolve } from 'node:path'
import { isRecord, type Json, suggest } from '@stepflow/engine'
import type { MockBehavior, MockComponent, RecordedError } from '../plugins/mock.ts'
import type { PluginConfig, RemoteServer, ServerProcess } from './config.ts'
import type { At, ConfigReader, Fields, Keys } from './config-reader.ts'
import { MCP_KEYS, readMcp } from './read-mcp.ts'
import { readProgram } from './read-program.ts'
import { readUrl } from './read-url.ts'
import { MOST_PROCESSES, readWorker, WORKER_KEYS } from './read-worker.ts'

export type Declared = readonly (readonly [name: string, at: At])[]

export function readPlugins(reader: ConfigReader, declared: Declared, directory: string): PluginConfig[] {
  const plugins = declared.flatMap(([name, value]) => readPlugin(reader, name, value, directory) ?? [])
  // Always there, unless its name is taken: what a route may name without a declaration.
  if (!plugins.some((plugin) => plugin.name === 'builtin')) plugins.push({ name: 'builtin', type: 'builtin' })
  return plugins
}

// ---

const COMMON = { type: [], max_in_flight: [], rate_limit: [] } as const
const SERVER = {
  command: [],
  args: [],
  env: [],
  url: [],
  transport: [],
  blob_url: [],
  timeout: [],
  startup_timeout: [],
  processes: [],
}

const KEYS: Readonly<Record<string, Keys>> = {
  builtin: COMMON,
  stepflow: { ...COMMON, ...SERVER },
  grpc: { ...COMMON, ...WORKER_KEYS },
  mcp: { ...COMMON, ...MCP_KEYS },
  module: { ...COMMON, path: [] },
  mock: { ...COMMON, components: [] },
}

/** Types that files in the wild use. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  nats: 'is of type nats, which is not supported: use type grpc, where the same workers are reached without NATS',
  vsock: 'is of type vsock, which is not supported: use type grpc, where the same workers are reached over TCP',
}

function readPlugin(reader: ConfigReader, name: string, at: At, directory: string): PluginConfig | undefined {
  const what = `plugin "${name}"`
  const type = readType(reader, at, what)
  if (type === undefined) return undefined
  if (Object.hasOwn(ELSEWHERE, type)) return unavailable(reader, at, name, `${what} ${ELSEWHERE[type]}`)
  const fields = reader.fields(at, what, KEYS[type] as Keys) // `type` was just found to be one of them
  if (!fields) return undefined
  const maxInFlight = reader.count(fields.get('max_in_flight'), `"max_in_flight" of ${what}`)
  const rateLimit = reader.rate(fields.get('rate_limit'), `"rate_limit" of ${what}`)
  const common = { name, ...(maxInFlight === undefined ? {} : { maxInFlight }), ...(rateLimit && { rateLimit }) }
  switch (type) {
    case 'stepflow': {
      const server = fields.has('command')
        ? readServer(reader, at, fields, what, directory)
        : readRemote(reader, at, fields, what)
      const blobUrl = readUrl(reader, fields.get('blob_url'), `"blob_url" of ${what}`)
      return server && { ...common, type, ...(blobUrl === undefined ? {} : { blobUrl }), ...server }
    }
    case 'grpc': {
      const worker = readWorker(reader, at, fields, name, directory)
      return worker && { ...common, type, ...worker }
    }
    case 'mcp': {
      const server = readMcp(reader, at, fields, what, directory)
      return server && { ...common, type, ...server }
    }
    case 'module': {
      if (!fields.has('path'))
        return reader.error(at, `${what} has no "path": the file whose exports are its components`)
      const path = reader.text(fields.get('path'), `"path" of ${what}`)
      return path === undefined ? undefined : { ...common, type, path: resolve(directory, path) }
    }
    case 'mock':
      return { ...common, type, components: readMocks(reader, fields.get('components'), what) }
    default:
      return { ...common, type: 'builtin' }
  }
}

function readType(reader: ConfigReader, at: At, what: string): string | undefined {
  const entries = reader.entries(at, what)
  if (!entries) return undefined
  const place = entries.find(([key]) => key === 'type')?.[1]
  const types = Object.keys(KEYS)
  if (!place) return reader.error(at, `${what} says no "type"`, `there are: ${types.join(', ')}`)
  const type = reader.text(place, `"type" of ${what}`)
  if (type === undefined || types.includes(type) || Object.hasOwn(ELSEWHERE, type)) return type
  const meant = suggest(type, types)
  const message = `${what} is of type "${type}", which does not exist`
  return reader.error(place, meant ? `${message}. Did you mean "${meant}"?` : message, `there are: ${types.join(', ')}`)
}

/** A warning, no error: flows that do not call it run. */
function unavailable(reader: ConfigReader, at: At, name: string, reason: string): PluginConfig {
  reader.say('warning', 'PLUGIN_UNAVAILABLE', at, reason)
  return { name, type: 'unavailable', reason }
}

function readServer(
  reader: ConfigReader,
  at: At,
  fields: Fields,
  what: string,
  directory: string,
): ServerProcess | undefined {
  if (fields.has('url')) return reader.error(at, `${what} has both "command" and "url"`, 'keep one of them')
  const program = readProgram(reader, fields, what, directory)
  const transport = reader.oneOf(fields.get('transport'), `"transport" of ${what}`, { stdio: 'stdio', http: 'http' })
  const timeout = fields.get('timeout')
  if (timeout) {
    reader.say(
      'hint',
      'KEY_WITHOUT_EFFECT',
      timeout,
      `"timeout" of ${what} has no effect`,
      'set "timeout" on the steps',
    )
  }
  const startupTimeoutMs = reader.duration(fields.get('startup_timeout'), `"startup_timeout" of ${what}`)
  const processes = reader.count(fields.get('processes'), `"processes" of ${what}`, 1, MOST_PROCESSES) ?? 1
  if (!program) return undefined
  return {
    ...program,
    processes,
    ...(transport && { transport }),
    ...(startupTimeoutMs === undefined ? {} : { startupTimeoutMs }),
  }
}

function readRemote(reader: ConfigReader, at: At, fields: Fields, what: string): RemoteServer | undefined {
  if (!fields.has('url')) {
    return reader.error(at, `${what} has neither "command", the program that serves its components, nor "url"`)
  }
  for (const key of ['args', 'env', 'processes']) {
    const place = fields.get(key)
    if (place) {
      const message = `"${key}" of ${what} has no effect: a server with a "url" is not started`
      reader.say('hint', 'KEY_WITHOUT_EFFECT', place, message)
    }
  }
  if (fields.has('transport')) {
    const name = `"transport" of ${what}`
    const transport = reader.oneOf(fields.get('transport'), name, { http: 'http', stdio: 'stdio' })
    if (transport === 'stdio') return reader.error(at, `${name} is stdio, but it has a "url"`, 'write http')
  }
  const url = readUrl(reader, fields.get('url'), `"url" of ${what}`)
  const timeoutMs = reader.duration(fields.get('timeout'), `"timeout" of ${what}`)
  const startupTimeoutMs = reader.duration(fields.get('startup_timeout'), `"startup_timeout" of ${what}`)
  if (url === undefined) return undefined
  return {
    url,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(startupTimeoutMs === undefined ? {} : { startupTimeoutMs }),
  }
}

function readMocks(reader: ConfigReader, at: At | undefined, what: string): MockComponent[] {
  return (reader.entries(at, `"components" of ${what}`) ?? []).flatMap(([path, value]) => {
    const component = `mock component "${path}"`
    const fields = reader.fields(value, component, { input_schema: [], output_schema: [], behaviors: ['behaviours'] })
    if (!fields) return []
    const [input, output] = [fields.get('input_schema'), fields.get('output_schema')]
    return {
      name: path.startsWith('/') ? path : `/${path}`,
      behaviors: readBehaviors(reader, fields.get('behaviors'), component),
      ...(input && { inputSchema: reader.json(input) as Json }), // made of JSON alone
      ...(output && { outputSchema: reader.json(output) as Json }),
    }
  })
}

/** A key is a whole input: one that is no text stands as its JSON, so a key that reads as JSON stands for that too. */
function readBehaviors(reader: ConfigReader, at: At | undefined, what: string): MockComponent['behaviors'] {
  return (reader.entries(at, `"behaviors" of ${what}`) ?? []).flatMap(([key, value]) => {
    const behavior = readBehavior(reader, value, what)
    return behavior ? inputsOf(key).map((input) => ({ input, behavior })) : []
  })
}

function inputsOf(key: string): unknown[] {
  if (key === '~') return [key, null]
  try {
    return [key, JSON.parse(key)]
  } catch {
    return [key]
  }
}

function readBehavior(reader: ConfigReader, at: At, what: string): MockBehavior | undefined {
  const value = reader.json(at)
  if (isRecord(value)) {
    const { outcome, result = null, reason, error } = value
    if (outcome === undefined && typeof error === 'string') return { error }
    if (outcome === 'success') return { outcome, result }
    if (outcome === 'skipped') return typeof reason === 'string' ? { outcome, reason } : { outcome }
    if (outcome === 'failed' && isRecord(error)) return { outcome, error: recordedError(error) }
  }
  const shapes =
    '{outcome: success, result}, {outcome: skipped, reason}, {outcome: failed, error: {code, message}}, {error}'
  return reader.error(at, `a behavior of ${what} has none of the known forms`, `write one of ${shapes}`)
}

function recordedError(error: Record<string, unknown>): RecordedError {
  const { code, message, data } = error
  return {
    message: typeof message === 'string' ? message : 'recorded failure',
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(data === undefined ? {} : { data: data as Json }), // made of JSON alone
  }
}
