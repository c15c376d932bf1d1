// Stand-ins for services over real HTTP, for tests: they record what they are asked and answer what they are told. Not a test.

import type { IncomingMessage } from 'node:http'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { serve } from './builtin-context.ts'

export interface Asked {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: any
}

export interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body: unknown
}

export async function standIn(answer: (asked: Asked, count: number) => Answer | 'hang') {
  const asked: Asked[] = []
  const origin = await serve(async (request, response) => {
    const one = await read(request)
    asked.push(one)
    const told = answer(one, asked.length)
    if (told === 'hang') return
    response.writeHead(told.status ?? 200, { 'content-type': 'application/json', ...told.headers })
    response.end(typeof told.body === 'string' ? told.body : JSON.stringify(told.body))
  })
  return { origin, asked }
}

export const KEY = 'key-0123456789abcdef'

/** The environment in which all services are at `origin`. */
export const envAt = (origin: string) => ({
  OPENAI_API_KEY: KEY,
  OPENAI_BASE_URL: `${origin}/v1`,
  ANTHROPIC_API_KEY: KEY,
  ANTHROPIC_BASE_URL: origin,
  GEMINI_API_KEY: KEY,
  GOOGLE_GEMINI_BASE_URL: origin,
  SLACK_BOT_TOKEN: KEY,
  SLACK_API_URL: `${origin}/api`,
  GMAIL_ACCESS_TOKEN: KEY,
  GMAIL_BASE_URL: origin,
})

export async function pluginAt(answer: Parameters<typeof standIn>[0], more: Record<string, string> = {}) {
  const { origin, asked } = await standIn(answer)
  return { origin, asked, plugin: createBuiltinPlugin({ env: { ...envAt(origin), ...more } }) }
}

// ---

async function read(request: IncomingMessage): Promise<Asked> {
  let text = ''
  for await (const chunk of request) text += chunk
  const { method, url, headers } = request
  return { method, path: url, headers, body: text === '' ? undefined : JSON.parse(text) }
}
