// Sends signed requests to a bucket, again after a pause if the storage or the network could not for now.

import { type Clock, FlowError } from '@stepflow/engine'
import type { BucketPlace } from './blob-place.ts'
import { encodePath, type Keys, signRequest } from './sign-request.ts'

export interface BucketClientOptions {
  readonly place: BucketPlace
  readonly keys: Keys
  readonly region: string
  readonly clock: Clock
}

export interface Answer {
  readonly status: number
  readonly isOk: boolean
  /** Of an answer that is none. */
  readonly code?: string
  /** Where the bucket is, if it is elsewhere. */
  readonly region?: string
  readonly body: Uint8Array
}

/** Pauses between the tries. */
const PAUSES_MS = [100, 400, 1_600]
/** For an answer to begin and end; what is larger may take longer. */
const LIMIT_MS = 20_000
const SLOWEST_BYTES_PER_MS = 250
const LONGEST_PAUSE_MS = 10_000
const MAY_PASS = new Set([408, 425, 429, 500, 502, 503, 504])

export class BucketClient {
  readonly region: string
  readonly #options: BucketClientOptions
  /** The storage's clock, less ours: it refuses what is signed for another quarter of an hour. */
  #aheadMs = 0

  constructor(options: BucketClientOptions) {
    this.#options = options
    this.region = options.region
  }

  /** Throws RESOURCE_UNAVAILABLE if there is no answer; any other end is for the caller. */
  async send(method: 'GET' | 'PUT' | 'DELETE', name: string, body?: Uint8Array): Promise<Answer> {
    const { place } = this.#options
    let isClockSet = false
    for (let tries = 0; ; tries++) {
      const pause = PAUSES_MS[tries]
      let answer: Answer
      let after: number | undefined
      try {
        const response = await this.#fetch(method, name, body)
        answer = await answerOf(response)
        after = secondsOf(response.headers.get('retry-after'))
        if (answer.code === 'RequestTimeTooSkewed' && !isClockSet) {
          isClockSet = true
          const theirs = Date.parse(response.headers.get('date') ?? '')
          if (Number.isFinite(theirs)) this.#aheadMs = theirs - this.#options.clock.now()
          continue
        }
      } catch (error) {
        if (pause === undefined) throw unreachable(place, error)
        await this.#pause(pause)
        continue
      }
      if (pause === undefined || !mayPass(answer)) return answer
      await this.#pause(Math.min(after ?? pause, LONGEST_PAUSE_MS))
    }
  }

  // ---

  async #fetch(method: string, name: string, body: Uint8Array | undefined): Promise<Response> {
    const { place, keys, region, clock } = this.#options
    const url = new URL(`${baseOf(place, region)}/${encodePath(place.prefix + name)}`)
    const request = { method, url, ...(body && { body }) }
    const headers = signRequest(request, { keys, region, service: 's3', now: clock.now() + this.#aheadMs })
    return fetch(url, {
      method,
      headers,
      ...(body && { body: body as Uint8Array<ArrayBuffer> }), // no shared memory: it was read or encoded here
      // A storage that leads elsewhere would get a signature that is not for it.
      redirect: 'manual',
      signal: AbortSignal.timeout(LIMIT_MS + Math.ceil((body?.length ?? 0) / SLOWEST_BYTES_PER_MS)),
    })
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.clock.timer(ms, resolve))
  }
}

// ---

/** Storages of others are asked by path; Amazon's by the name of the bucket, unless a dot in it would not fit the certificate. */
function baseOf({ bucket, endpoint }: BucketPlace, region: string): string {
  if (endpoint !== undefined) return `${endpoint}/${bucket}`
  return bucket.includes('.')
    ? `https://s3.${region}.amazonaws.com/${bucket}`
    : `https://${bucket}.s3.${region}.amazonaws.com`
}

async function answerOf(response: Response): Promise<Answer> {
  const body = new Uint8Array(await response.arrayBuffer())
  if (response.ok) return { status: response.status, isOk: true, body }
  const text = Buffer.from(body.subarray(0, 10_000)).toString()
  const code = /<Code>(\w{1,60})<\/Code>/.exec(text)?.[1]
  const region = response.headers.get('x-amz-bucket-region') ?? /<Region>([\w-]{1,40})<\/Region>/.exec(text)?.[1]
  return { status: response.status, isOk: false, ...(code && { code }), ...(region && { region }), body }
}

function mayPass({ status, code }: Answer): boolean {
  return MAY_PASS.has(status) || code === 'RequestTimeout' || code === 'SlowDown'
}

function secondsOf(text: string | null): number | undefined {
  const seconds = Number(text ?? Number.NaN)
  return seconds >= 0 ? seconds * 1_000 : undefined
}

function unreachable({ name }: BucketPlace, error: unknown): FlowError {
  const { name: kind, message, cause } = error as Error
  const inner = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : undefined
  const why = kind === 'TimeoutError' ? 'it does not answer' : (inner ?? message)
  return new FlowError('RESOURCE_UNAVAILABLE', `cannot reach ${name}: ${why}`, { cause: error })
}
