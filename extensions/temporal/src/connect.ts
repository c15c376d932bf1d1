// Connects to a cluster, and says what is wrong with it before anything is begun.

import { isIP } from 'node:net'
import { connect as connectByTls } from 'node:tls'
import { type BlobStorage, FlowError } from '@stepflow/engine'
import { Client, Connection } from '@temporalio/client'
import { type Address, placeOf } from './address.ts'
import { dataConverter, forgivingConverter } from './payloads/data-converter.ts'

export interface Connected {
  readonly address: Address
  readonly client: Client
  /** For lists: what cannot be decoded here, for it is of another key or of blobs elsewhere, is null there. */
  readonly lists: Client
  readonly connection: Connection
  /** Large values are blobs. */
  readonly keepsBlobs: boolean
}

export interface ConnectOptions {
  readonly address: Address
  readonly env: Readonly<Record<string, string | undefined>>
  readonly blobs: BlobStorage | undefined
}

/** Throws NOT_FOUND for a server or a namespace that is not there, INVALID_INPUT for one that is too old. */
export async function connect({ address, env, blobs }: ConnectOptions): Promise<Connected> {
  const converter = dataConverter(env, blobs)
  const connection = await reach(address, (at) => Connection.connect({ ...at, connectTimeout: CONNECT_MS }))
  try {
    await checkServer(connection, address)
    const { namespace } = address
    const client = new Client({ connection, namespace, dataConverter: converter })
    const lists = new Client({ connection, namespace, dataConverter: forgivingConverter(converter) })
    return { address, connection, client, lists, keepsBlobs: blobs !== undefined }
  } catch (thrown) {
    await connection.close()
    throw thrown
  }
}

/** What `open` opens to a server; throws NOT_FOUND if there is none, FORBIDDEN if it refuses the key. */
export async function reach<T>(address: Address, open: (at: ReachOptions) => Promise<T>): Promise<T> {
  const { host, tls, apiKey } = address
  try {
    if (tls) await shakeHands(host, tls)
    return await open({ address: host, ...(tls ? { tls } : {}), ...(apiKey ? { apiKey } : {}) })
  } catch (thrown) {
    const code = grpcCode(thrown)
    if (code === GRPC.UNAUTHENTICATED || code === GRPC.PERMISSION_DENIED) throw serverFailure(thrown, address)
    throw new FlowError('NOT_FOUND', `no Temporal server answers at ${host}: ${messageOf(thrown)}`, { cause: thrown })
  }
}

type ReachOptions = Pick<Address, 'tls' | 'apiKey'> & { readonly address: string }

/** What a server said, as an error of ours. */
export function serverFailure(thrown: unknown, address: Address): unknown {
  if (FlowError.is(thrown)) return thrown
  const code = grpcCode(thrown)
  if (code === GRPC.UNAVAILABLE || code === GRPC.DEADLINE_EXCEEDED) {
    return new FlowError(
      'NOT_FOUND',
      `the Temporal server at ${placeOf(address)} does not answer: ${messageOf(thrown)}`,
      {
        cause: thrown,
      },
    )
  }
  if (code === GRPC.PERMISSION_DENIED || code === GRPC.UNAUTHENTICATED) {
    return new FlowError('FORBIDDEN', `the Temporal server at ${placeOf(address)} refuses: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
  if (code === GRPC.INVALID_ARGUMENT) {
    return new FlowError('INVALID_INPUT', `the Temporal server at ${placeOf(address)} refuses: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
  return thrown
}

export const GRPC = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  FAILED_PRECONDITION: 9,
  UNIMPLEMENTED: 12,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const

/** Also of an error that wraps the server's. */
export function grpcCode(thrown: unknown): number | undefined {
  for (let at = thrown as { code?: unknown; cause?: unknown } | undefined; at; at = at.cause as typeof at) {
    if (typeof at.code === 'number') return at.code
  }
  return undefined
}

/** There is no such run, or none any more. */
export function isUnknownRun(thrown: unknown): boolean {
  return grpcCode(thrown) === GRPC.NOT_FOUND || (thrown as Error).name === 'WorkflowNotFoundError'
}

export function messageOf(thrown: unknown): string {
  const cause = (thrown as { cause?: unknown }).cause
  const { details, message } = ((cause ?? thrown) as { details?: string; message?: string }) ?? {}
  return details || message || String(thrown)
}

// ---

const CONNECT_MS = 10_000

/** What is wrong with a certificate, the libraries of gRPC keep to themselves, and try again. */
function shakeHands(host: string, { clientCertPair, serverRootCACertificate: ca }: NonNullable<Address['tls']>) {
  const { hostname, port } = new URL(`temporal://${host}`)
  const pair = clientCertPair && { cert: clientCertPair.crt, key: clientCertPair.key }
  const servername = isIP(hostname) === 0 ? { servername: hostname } : {}
  return new Promise<void>((resolve, reject) => {
    const options = { host: hostname, port: Number(port), ...servername, ...pair, ...(ca && { ca }) }
    const socket = connectByTls({ ...options, ALPNProtocols: ['h2'] }, () => {
      socket.destroy()
      resolve()
    })
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('it does not answer by TLS')))
    socket.on('error', reject)
  })
}

async function checkServer({ workflowService }: Connection, address: Address): Promise<void> {
  const { namespace, deployment } = address
  try {
    await workflowService.describeNamespace({ namespace })
  } catch (thrown) {
    if (grpcCode(thrown) !== GRPC.NOT_FOUND) throw serverFailure(thrown, address)
    throw new FlowError(
      'NOT_FOUND',
      `there is no namespace "${namespace}" at ${address.host}: temporal operator namespace create ${namespace}`,
      { cause: thrown },
    )
  }
  try {
    await workflowService.describeWorkerDeployment({ namespace, deploymentName: deployment })
  } catch (thrown) {
    const code = grpcCode(thrown)
    // Nobody has worked there yet.
    if (code === GRPC.NOT_FOUND) return
    if (code !== GRPC.UNIMPLEMENTED) throw serverFailure(thrown, address)
    throw new FlowError(
      'INVALID_INPUT',
      `the Temporal server at ${address.host} is too old: it has no worker deployment versions (1.28 has them)`,
      { cause: thrown },
    )
  }
}
