// POST /hooks/NAME: what other systems send when something has happened there. Beside the API, and not in its document: who
// may send is said by the signature.

import type { Readable } from 'node:stream'
import type { App } from '../app/app.ts'
import { MOST_BYTES } from '../app/body.ts'
import { readBytes } from '../app/read-bytes.ts'
import type { Services } from '../services.ts'
import { HeldBytes } from '../triggers/held-bytes.ts'
import { Webhooks } from '../triggers/webhooks.ts'

/** A few of the largest, and thousands of those that there are. */
const MOST_HELD_BYTES = 4 * MOST_BYTES

/** Its own scope: here a body of any type is bytes. */
export function hookRoutes(scope: App, services: Services): void {
  const { clock, config, life } = services
  const webhooks = new Webhooks(services)
  const held = new HeldBytes(MOST_HELD_BYTES)
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  scope.post(
    `${config.basePath}/hooks/:name`,
    {
      config: { access: 'none' },
      schema: {
        hide: true,
        params: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } as const,
      },
    },
    async ({ params, headers, url, mediaType, body }, reply) => {
      life.checkReady()
      const delivered = await held.during((hold) =>
        webhooks.deliver({
          name: params.name,
          headers,
          query: url.slice(url.indexOf('?') + 1 || url.length + 1),
          mediaType,
          body: async () =>
            body === undefined ? Buffer.alloc(0) : readBytes(body as Readable, MOST_BYTES, clock, hold),
        }),
      )
      return reply.code('runId' in delivered ? 202 : 200).send(delivered)
    },
  )
}
