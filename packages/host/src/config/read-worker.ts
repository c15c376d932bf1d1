// A plugin of type grpc: the worker that is started, or the address at which workers ask that others start. The keys of the
// public project's configurations are other spellings of ours.

import type { WorkerConfig } from './config.ts'
import type { At, ConfigReader, Fields } from './config-reader.ts'
import { type Program, readProgram } from './read-program.ts'

/** More than any machine has use for: a slip of the pen must not start a hundred thousand. */
export const MOST_PROCESSES = 1024

export const WORKER_KEYS = {
  command: [],
  args: [],
  env: [],
  listen: [],
  token: [],
  queue_name: ['queue'],
  queue_timeout: ['queue_timeout_secs'],
  execution_timeout: ['execution_timeout_secs'],
  heartbeat: [],
  processes: [],
} as const

export function readWorker(
  reader: ConfigReader,
  at: At,
  fields: Fields,
  name: string,
  directory: string,
): WorkerConfig | undefined {
  const what = `plugin "${name}"`
  const place = fields.has('listen')
    ? readListen(reader, at, fields, what)
    : readStarted(reader, at, fields, what, directory)
  const queue = reader.text(fields.get('queue_name'), `"queue_name" of ${what}`) ?? name
  const queueTimeoutMs = reader.duration(fields.get('queue_timeout'), `"queue_timeout" of ${what}`) ?? QUEUE_TIMEOUT_MS
  const executionTimeoutMs = reader.duration(fields.get('execution_timeout'), `"execution_timeout" of ${what}`)
  const heartbeatMs = readHeartbeat(reader, fields.get('heartbeat'), what)
  const processes = reader.count(fields.get('processes'), `"processes" of ${what}`, 1, MOST_PROCESSES) ?? 1
  if (!place || heartbeatMs === undefined) return undefined
  return {
    ...place,
    queue,
    queueTimeoutMs,
    heartbeatMs,
    processes: 'listen' in place ? 1 : processes,
    ...(executionTimeoutMs === undefined ? {} : { executionTimeoutMs }),
  }
}

// ---

const QUEUE_TIMEOUT_MS = 30_000
const HEARTBEAT_MS = 5000
/** Fewer could be guessed. */
const TOKEN_CHARACTERS = 16

function readStarted(
  reader: ConfigReader,
  at: At,
  fields: Fields,
  what: string,
  directory: string,
): Program | undefined {
  if (!fields.has('command')) {
    const hint = '"listen" is HOST:PORT; such workers need a "token", too'
    return reader.error(at, `${what} has neither "command", the worker to start, nor "listen"`, hint)
  }
  const token = fields.get('token')
  if (token) {
    const message = `"token" of ${what} has no effect: it is for workers that others start, with "listen"`
    reader.say('hint', 'KEY_WITHOUT_EFFECT', token, message)
  }
  const program = readProgram(reader, fields, what, directory)
  const transport = program?.env.STEPFLOW_TRANSPORT
  if (transport === undefined || transport === 'grpc') return program
  const message = `"env" of ${what} has STEPFLOW_TRANSPORT "${transport}", which is not supported`
  return reader.error(fields.get('env') ?? at, message, 'workers are reached over gRPC: leave it out')
}

function readListen(reader: ConfigReader, at: At, fields: Fields, what: string) {
  if (fields.has('command')) return reader.error(at, `${what} has both "command" and "listen"`, 'keep one of them')
  for (const key of ['args', 'env', 'processes']) {
    const place = fields.get(key)
    if (!place) continue
    const message = `"${key}" of ${what} has no effect: with "listen", others start the workers`
    reader.say('hint', 'KEY_WITHOUT_EFFECT', place, message)
  }
  const place = fields.get('listen') as At // it was asked for
  const text = reader.text(place, `"listen" of ${what}`)
  const token = readToken(reader, at, fields, what)
  if (text === undefined || token === undefined) return undefined
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^:\s/]+):(\d{1,5})$/.exec(text) ?? []
  if (host !== undefined && Number(port) <= 65_535) return { listen: { host, port: Number(port) }, token }
  return reader.error(place, `"listen" of ${what} is "${text}"`, 'write HOST:PORT, as in 127.0.0.1:7838')
}

function readToken(reader: ConfigReader, at: At, fields: Fields, what: string): string | undefined {
  const hint = 'make one with "openssl rand -hex 24", and keep it in an environment variable'
  const place = fields.get('token')
  if (!place) return reader.error(at, `${what} has no "token": without one, anybody could take its calls`, hint)
  const token = reader.text(place, `"token" of ${what}`)
  if (token === undefined || (token.length >= TOKEN_CHARACTERS && !/\s/.test(token))) return token
  return reader.error(place, `"token" of ${what} must have ${TOKEN_CHARACTERS} characters or more, and no space`, hint)
}

function readHeartbeat(reader: ConfigReader, at: At | undefined, what: string): number | undefined {
  const ms = reader.duration(at, `"heartbeat" of ${what}`)
  if (!at) return HEARTBEAT_MS
  if (ms === undefined || (ms >= 1000 && ms % 1000 === 0)) return ms
  return reader.error(at, `"heartbeat" of ${what} must be whole seconds from 1`)
}
