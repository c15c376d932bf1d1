// A door before a gRPC server that speaks TLS, as that of a company does: it hands on what comes by TLS, or refuses each request
// as one whose key it does not know.

import { createSecureServer, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'

export interface TlsDoor {
  readonly port: number
  /** The names in the certificates that came, "" for none. */
  certificates(): ReadonlySet<string>
  /** The keys that came with requests that were refused. */
  keys(): ReadonlySet<string>
  /** From now on. */
  refuse(): void
  close(): Promise<void>
}

export async function tlsDoor({
  to,
  ca,
  crt,
  key,
}: {
  readonly to: number
  readonly ca: string
  readonly crt: string
  readonly key: string
}) {
  const certificates = new Set<string>()
  const keys = new Set<string>()
  const sockets = new Set<Socket>()
  let isRefusing = false
  const refusing = createSecureServer({ cert: crt, key })
  refusing.on('stream', (stream, headers) => {
    keys.add(String(headers.authorization ?? ''))
    refuse(stream)
  })
  const options = { cert: crt, key, ca, requestCert: true, rejectUnauthorized: false, ALPNProtocols: ['h2'] }
  const server = createServer(options, (socket: TLSSocket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    if (isRefusing) return void refusing.emit('secureConnection', socket)
    certificates.add(String(socket.getPeerCertificate().subject?.CN ?? ''))
    const there = connect(to, '127.0.0.1')
    sockets.add(there)
    there.on('error', () => socket.destroy()).on('close', () => socket.destroy())
    socket.on('close', () => there.destroy())
    socket.pipe(there).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const door: TlsDoor = {
    port: (server.address() as AddressInfo).port,
    certificates: () => certificates,
    keys: () => keys,
    refuse() {
      isRefusing = true
    },
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return door
}

// ---

const UNAUTHENTICATED = '16'

function refuse(stream: ServerHttp2Stream): void {
  stream.on('error', () => {})
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': UNAUTHENTICATED,
      'grpc-message': 'the key is not known',
    },
    { endStream: true },
  )
}
