// Bodies: of the types that their route takes, cut if they do not come; those of JSON bounded in length and depth, every key
// a key like any other.

import { type Clock, FlowError } from '@stepflow/engine'
import { parseJson } from '@stepflow/host'
import type { FastifyRequest } from 'fastify'
import type { App } from './app.ts'
import { unreadable } from './problem.ts'

/** Of a JSON body, and of a line. */
export const MOST_BYTES = 16 * 1024 * 1024
/** A body that is held has to come within that. */
const BODY_MS = 60_000
/** What is read as it comes, however long it is. */
const STREAMED = ['application/x-ndjson', 'application/ndjson', 'application/octet-stream']

/** The text of a flow. */
const YAML = ['application/yaml', 'application/x-yaml', 'text/yaml']
/** Other names of the types that a route names. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  'application/yaml': YAML,
  'application/x-ndjson': ['application/x-ndjson', 'application/ndjson'],
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Types that a body may have, by its schema. Absent where a route has none. */
    takes?: readonly string[]
    /** It cannot do without a body. */
    needsBody?: boolean
  }
}

export function acceptBodies(app: App, clock: Clock): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    (_request: FastifyRequest, text: string, done: (error: Error | null, value?: unknown) => void) => {
      if (text === '') return done(null, undefined)
      let value: unknown
      try {
        value = parseJson(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, 'the body')
      } catch (error) {
        return done(FlowError.is(error) ? unreadable(error.message) : (error as Error))
      }
      done(null, value)
    },
  )
  app.addContentTypeParser(YAML, { parseAs: 'string' }, async (_request: FastifyRequest, text: string) =>
    text.charCodeAt(0) === 0xfeff ? text.slice(1) : text,
  )
  app.addContentTypeParser(STREAMED, (_request, payload, done) => done(null, payload))
  app.addHook('onRoute', (route) => {
    const body = route.schema?.body as { readonly content?: object } | undefined // as fastify has it
    if (body === undefined) return
    const named = Object.keys(body.content ?? { 'application/json': true })
    const takes = named.flatMap((type) => ALIASES[type] ?? [type])
    // One of several schemas is chosen by the type: without one, none would be asked.
    route.config = { ...route.config, takes, needsBody: body.content !== undefined }
  })
  app.addHook('preParsing', (request, _reply, payload, done) => {
    checkType(request)
    // Where nothing is to come, nothing ends: the answer may take for ever. What came with its head is here.
    const isComing = hasBody(request) && !request.raw.complete
    if (!isComing || STREAMED.includes(request.mediaType ?? '')) return done(null, payload)
    // Whoever sends a byte a minute holds a connection, and nothing else, for no longer than that.
    const cancel = clock.timer(BODY_MS, () => request.raw.destroy())
    payload.once('close', cancel).once('end', cancel)
    done(null, payload)
  })
}

// ---

function checkType(request: FastifyRequest): void {
  const { mediaType, routeOptions } = request
  const { takes, needsBody = false } = routeOptions.config
  if (takes === undefined || (mediaType !== undefined && takes.includes(mediaType))) return
  const isThere = hasBody(request)
  if (mediaType === undefined && !isThere && !needsBody) return
  const wanted = `this needs a body of the type ${takes.join(' or ')}`
  if (!isThere) throw new FlowError('INVALID_INPUT', `${wanted}, and has none`)
  const what = mediaType === undefined ? 'has no Content-Type' : `is ${mediaType}`
  throw new FlowError('UNSUPPORTED_TYPE', `${wanted}, and ${what}`)
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
