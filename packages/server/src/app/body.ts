// Bodies in JSON: bounded in length and depth, every key a key like any other, and cut if they do not come.

import { FlowError } from '@stepflow/engine'
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

export function acceptBodies(app: App): void {
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
  app.addHook('preParsing', async (request, _reply, payload) => {
    if (STREAMED.includes(request.mediaType ?? '')) return payload
    // Whoever sends a byte a minute holds a connection, and nothing else, for no longer than that.
    const timer = setTimeout(() => request.raw.destroy(), BODY_MS)
    payload.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer))
    return payload
  })
}
