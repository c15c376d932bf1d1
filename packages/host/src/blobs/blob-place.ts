// Where `--blobs` leads: a folder, or a bucket of an object storage. Reads the text, and opens nothing.

import { resolve } from 'node:path'
import { FlowError } from '@stepflow/engine'

export type BlobPlace = FolderPlace | BucketPlace

export interface FolderPlace {
  readonly type: 'folder'
  /** Absolute. */
  readonly path: string
}

export interface BucketPlace {
  readonly type: 's3'
  /** As it was written. */
  readonly name: string
  readonly bucket: string
  /** What all names begin with; empty, or with a slash at its end. */
  readonly prefix: string
  /** Of a storage that is not Amazon's; without a slash at its end. */
  readonly endpoint?: string
  /** Absent: the one of the environment. */
  readonly region?: string
}

/** `text` without a scheme is a folder, relative to `cwd`. Throws INVALID_INPUT; a text that may hold a secret is not repeated. */
export function blobPlace(text: string, cwd: string): BlobPlace {
  if (text.trim() === '') throw wrong('it is empty')
  if (/^s3:/i.test(text)) return bucketPlace(text)
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) throw wrong('it is neither a folder nor s3://BUCKET/PREFIX')
  return { type: 'folder', path: resolve(cwd, text) }
}

// ---

const OPTIONS = ['endpoint', 'region']

function bucketPlace(text: string): BucketPlace {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) throw wrong('it cannot be read; write s3://BUCKET/PREFIX?endpoint=https://HOST')
  if (url.username || url.password) {
    throw wrong('it holds keys; they belong in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  }
  const bucket = url.host
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw wrong(`the bucket "${bucket}" is not the name of one: 3 to 63 small letters, digits, dots and hyphens`)
  }
  for (const key of url.searchParams.keys()) {
    if (!OPTIONS.includes(key))
      throw wrong(`it has the option "${key.slice(0, 40)}"; there are ${OPTIONS.join(' and ')}`)
  }
  const endpoint = url.searchParams.get('endpoint')
  const region = url.searchParams.get('region')
  const prefix = decoded(url.pathname).replace(/^\/+|\/+$/g, '')
  return {
    type: 's3',
    name: text,
    bucket,
    prefix: prefix === '' ? '' : `${prefix}/`,
    ...(endpoint === null ? {} : { endpoint: endpointOf(endpoint) }),
    ...(region === null ? {} : { region }),
  }
}

function endpointOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) throw wrong('its "endpoint" is not an address: https://HOST:PORT')
  if (url.username || url.password || url.search)
    throw wrong('its "endpoint" has more than an address: https://HOST:PORT')
  return url.href.replace(/\/+$/, '')
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw wrong('a % in it stands before something else than two digits')
  }
}

function wrong(why: string): FlowError {
  return new FlowError('INVALID_INPUT', `the place of blobs is wrong: ${why}`)
}
