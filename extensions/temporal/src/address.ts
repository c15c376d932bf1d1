// Where a cluster is: the URL, and the keys that stand in the environment only.

import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { FlowError } from '@stepflow/engine'

export interface Address {
  /** HOST:PORT. */
  readonly host: string
  readonly namespace: string
  readonly taskQueue: string
  readonly deployment: string
  /** Workflows that a worker keeps in memory. */
  readonly cache?: number
  readonly tls?: {
    readonly clientCertPair?: { readonly crt: Buffer; readonly key: Buffer }
    readonly serverRootCACertificate?: Buffer
  }
  readonly apiKey?: string
}

type Env = Readonly<Record<string, string | undefined>>

const OPTIONS = ['task_queue', 'tls', 'deployment', 'cache']
const DEFAULT_PORT = 7233

/** Throws INVALID_INPUT; what may hold a secret is not repeated. */
export function readAddress(text: string, env: Env): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'temporal:' || url.hostname === '') throw wrong('it is no such URL')
  if (url.username || url.password) throw wrong('it holds keys; they belong in TEMPORAL_API_KEY')
  for (const key of url.searchParams.keys()) {
    if (!OPTIONS.includes(key)) throw wrong(`it has the option "${key.slice(0, 40)}"; there are ${OPTIONS.join(', ')}`)
    if (url.searchParams.getAll(key).length > 1) throw wrong(`it has the option "${key}" twice`)
  }
  const [namespace = '', ...rest] = pathOf(url).slice(1).split('/')
  if (namespace === '' || rest.length > 0) throw wrong('its path must be the namespace')
  const taskQueue = url.searchParams.get('task_queue') ?? ''
  if (taskQueue === '') throw wrong('it names no task queue: add ?task_queue=QUEUE')
  const deployment = url.searchParams.get('deployment') ?? `stepflow-${taskQueue}`
  if (/[.:]/.test(deployment)) throw wrong(`the deployment "${deployment}" has a dot or a colon: add &deployment=NAME`)
  const cache = cacheOf(url.searchParams.get('cache'))
  const { TEMPORAL_API_KEY: apiKey } = env
  const pair = clientPair(env)
  const hasKey = pair !== undefined || Boolean(apiKey)
  const isTls = goesByTls(url.searchParams.get('tls'), hasKey)
  return {
    host: `${url.hostname}:${url.port === '' ? DEFAULT_PORT : url.port}`,
    namespace,
    taskQueue,
    deployment,
    ...(cache === undefined ? {} : { cache }),
    ...(isTls ? { tls: { ...authorities(env), ...(pair === undefined ? {} : { clientCertPair: pair }) } } : {}),
    ...(apiKey ? { apiKey } : {}),
  }
}

/** In messages. */
export function placeOf({ host, namespace, taskQueue }: Address): string {
  return `${host}, namespace ${namespace}, task queue ${taskQueue}`
}

// ---

function pathOf({ pathname }: URL): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    throw wrong('its path cannot be read')
  }
}

function goesByTls(text: string | null, hasKey: boolean): boolean {
  if (text === null) return hasKey
  if (text !== 'true' && text !== 'false') throw wrong('its "tls" must be true or false')
  if (text === 'false' && hasKey)
    throw wrong('its "tls" is false, but the environment has a key, which goes by TLS only')
  return text === 'true'
}

function cacheOf(text: string | null): number | undefined {
  if (text === null) return undefined
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw wrong('its "cache" is not a number of workflows')
}

/** PEM texts. */
function clientPair({ TEMPORAL_TLS_CERT: crt, TEMPORAL_TLS_KEY: key }: Env) {
  if (!crt && !key) return undefined
  if (!crt || !key) throw new FlowError('INVALID_INPUT', 'TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY go together: set both')
  return { crt: Buffer.from(crt), key: Buffer.from(key) }
}

/** Whom servers may be vouched for by: as anywhere on Node, which workers do not connect by. */
function authorities({ NODE_EXTRA_CA_CERTS: file }: Env) {
  if (!file) return {}
  try {
    const texts = [...rootCertificates, readFileSync(file, 'utf8')]
    return { serverRootCACertificate: Buffer.from(texts.join('\n')) }
  } catch (thrown) {
    throw new FlowError('INVALID_INPUT', `NODE_EXTRA_CA_CERTS cannot be read: ${(thrown as Error).message}`)
  }
}

function wrong(why: string): FlowError {
  return new FlowError('INVALID_INPUT', `--engine must be temporal://HOST:PORT/NAMESPACE?task_queue=QUEUE: ${why}`)
}
