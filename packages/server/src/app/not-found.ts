// What no route answers: a path that is not there, or a method that the path does not take.

import { FlowError, suggest } from '@stepflow/engine'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from './app.ts'

/**
 * Refuses before a body is read: none of what it may be matters. `forPeople` answers somebody who followed a link, with a
 * page; undefined: it has none.
 */
export function refuseUnknown(
  app: App,
  forPeople: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined,
): void {
  const routes: { readonly method: string; readonly url: string; readonly pattern: RegExp }[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of Array.isArray(method) ? method : [method])
      routes.push({ method: one, url, pattern: patternOf(url) })
  })
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    if (!request.is404) return
    const path = request.url.split('?')[0] as string // split gives at least one
    const methods = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
    if (methods.length > 0) {
      reply.header('Allow', methods.join(', '))
      throw new FlowError('METHOD_NOT_ALLOWED', `${path} takes ${methods.join(', ')}, not ${request.method}`, {
        data: { reason: 'no such route' },
      })
    }
    const answered = forPeople(request, reply)
    if (answered) return answered
    const near = suggest(
      path,
      routes.map(({ url }) => url),
    )
    throw new FlowError('NOT_FOUND', `there is no ${path} here${near ? `; did you mean ${near}?` : ''}`, {
      // A client of a newer version can tell it from a run that is not there.
      data: { reason: 'no such route' },
    })
  })
}

// ---

/** `/runs/:runId` as the paths that it matches. */
function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part === '*') return '.*'
    return part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('/')}/?$`)
}
