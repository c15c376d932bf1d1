// AWS Signature Version 4 for one request with its whole body at hand. Pure: time and keys come in.

import { createHash, createHmac } from 'node:crypto'

export interface Keys {
  readonly id: string
  readonly secret: string
  /** Of keys that are lent for some hours. */
  readonly session?: string
}

export interface Unsigned {
  readonly method: string
  readonly url: URL
  readonly body?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

export interface Signing {
  readonly keys: Keys
  readonly region: string
  readonly service: string
  /** Epoch milliseconds. */
  readonly now: number
}

/** The headers to send the request with; `url` must be written as `encodePath` writes it. */
export function signRequest(request: Unsigned, { keys, region, service, now }: Signing): Record<string, string> {
  const { method, url, body, headers = {} } = request
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const hash = sha256(body ?? '')
  const sent: Record<string, string> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': hash,
    'x-amz-date': time,
    ...(keys.session === undefined ? {} : { 'x-amz-security-token': keys.session }),
  }
  const names = Object.keys(sent).sort()
  const signed = names.join(';')
  const lines = names.map((name) => `${name}:${(sent[name] as string).trim()}\n`).join('')
  const query = [...url.searchParams]
    .map(([key, value]) => `${encode(key)}=${encode(value)}`)
    .sort()
    .join('&')
  const scope = `${day}/${region}/${service}/aws4_request`
  const canonical = [method, url.pathname, query, lines, signed, hash].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${keys.secret}`)
  const signature = createHmac('sha256', key).update(toSign).digest('hex')
  const { host: _, ...rest } = sent // the client sends it
  return {
    ...rest,
    authorization: `AWS4-HMAC-SHA256 Credential=${keys.id}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
  }
}

/** A path as it is signed: all but letters, digits and -._~/ is escaped. */
export function encodePath(path: string): string {
  return path.split('/').map(encode).join('/')
}

// ---

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
