// Blobs in a bucket of an object storage that speaks the protocol of Amazon S3. Three requests: PUT, GET, DELETE.

import { type BlobStorage, type Clock, FlowError, systemClock } from '@stepflow/engine'
import type { Env } from '../config/substitute.ts'
import type { BucketPlace } from './blob-place.ts'
import { type Answer, BucketClient } from './bucket-client.ts'
import type { Keys } from './sign-request.ts'

export interface OpenBucket {
  readonly env: Env
  readonly clock?: Clock
}

/** Asks for one object, so that what is wrong with keys, bucket or region is said at once: INVALID_INPUT. */
export async function openBucket(place: BucketPlace, { env, clock = systemClock }: OpenBucket): Promise<BlobStorage> {
  const keys = keysOf(env)
  const region = place.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1')
  const blobs = new BucketBlobs(place, new BucketClient({ place, keys, region, clock }))
  const answer = await blobs.client.send('GET', 'stepflow.json')
  if (!answer.isOk && !isMissing(answer)) {
    throw new FlowError('INVALID_INPUT', `cannot keep blobs in ${place.name}: ${why(answer, place, region)}`)
  }
  return blobs
}

// ---

class BucketBlobs implements BlobStorage {
  readonly name: string
  readonly client: BucketClient
  readonly #place: BucketPlace

  constructor(place: BucketPlace, client: BucketClient) {
    this.name = place.name
    this.#place = place
    this.client = client
  }

  async put(name: string, content: Uint8Array): Promise<void> {
    const answer = await this.client.send('PUT', name, content)
    if (!answer.isOk) throw this.#failure('write to', answer)
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const answer = await this.client.send('GET', name)
    if (answer.isOk) return answer.body
    if (isMissing(answer)) return undefined
    throw this.#failure('read', answer)
  }

  async remove(name: string): Promise<void> {
    const answer = await this.client.send('DELETE', name)
    if (!answer.isOk && !isMissing(answer)) throw this.#failure('write to', answer)
  }

  /** Whoever keeps the bucket may put it right: what needs it waits. */
  #failure(doing: string, answer: Answer): FlowError {
    const message = `cannot ${doing} ${this.name}: ${why(answer, this.#place, this.client.region)}`
    return new FlowError('RESOURCE_UNAVAILABLE', message)
  }
}

function keysOf(env: Env): Keys {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: session } = env
  const missing = [!id && 'AWS_ACCESS_KEY_ID', !secret && 'AWS_SECRET_ACCESS_KEY'].filter(Boolean)
  if (id && secret) return { id, secret, ...(session ? { session } : {}) }
  throw new FlowError('INVALID_INPUT', `blobs in a bucket need keys: set ${missing.join(' and ')} in the environment`)
}

/** The object is not there; the bucket is. */
function isMissing({ status, code }: Answer): boolean {
  return status === 404 && code !== 'NoSuchBucket'
}

/** Of the answer only what its code is: the rest may repeat what was signed. */
function why({ status, code, region: told }: Answer, { bucket }: BucketPlace, region: string): string {
  switch (code) {
    case 'NoSuchBucket':
      return `there is no bucket ${bucket}; make it, or name another one`
    case 'InvalidAccessKeyId':
      return 'AWS_ACCESS_KEY_ID is not known there'
    case 'SignatureDoesNotMatch':
      return 'AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID'
    case 'ExpiredToken':
    case 'InvalidToken':
      return 'AWS_SESSION_TOKEN is not valid any more'
    case 'RequestTimeTooSkewed':
      return "this machine's clock differs too much from that of the storage"
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IncorrectEndpoint':
      return `the bucket ${bucket} is not in the region ${region}: add ?region=${told ?? 'REGION'}`
  }
  const said = code === undefined ? `${status}` : `${status} ${code}`
  if (status === 403) return `these keys lack a right (${said}); they need to get, put and delete objects of ${bucket}`
  return `the storage answers ${said}`
}
