// What the chat components of manifests have in common: their fields, their answer, and answers in a shape that was asked for.

import { type Clock, type Component, FlowError, isRecord, type Json, kindOf } from '@stepflow/engine'
import type { SchemaLoader } from './check.ts'
import { baseOf, type Environment, keyOf } from './credentials.ts'
import { define } from './define.ts'
import type { HttpClient } from './http-client.ts'
import { also, count, custom, duration, list, optional, text } from './input.ts'
import { jsonValue, numeric, words } from './loose-fields.ts'
import { patient } from './rate-limit.ts'
import { askService } from './service.ts'

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface Chat {
  readonly model: string
  readonly system: string | undefined
  /** Without those of the system. */
  readonly messages: readonly ChatMessage[]
  readonly temperature: number | undefined
  readonly maxTokens: number | undefined
  readonly schema: Readonly<Record<string, unknown>> | undefined
}

export interface ChatService {
  /** `gemini` */
  readonly name: string
  /** As a message names it: `Gemini`. */
  readonly service: string
  readonly keys: readonly string[]
  readonly base: { readonly variable: string; readonly otherwise: string }
  readonly model: string
  request(
    base: string,
    key: string,
    chat: Chat,
  ): { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: unknown }
  /** Throws COMPONENT_FAILED for an answer that is none. */
  read(answer: Record<string, unknown>): ChatReply
}

export interface ChatReply {
  readonly text: string
  /** In place of the text, from a service that answers in the shape itself. */
  readonly value?: unknown
  readonly model: unknown
  readonly usage: unknown
  readonly finishReason: unknown
}

export function chatComponent(
  { name, service, keys, base, model, request, read }: ChatService,
  client: HttpClient,
  clock: Clock,
  env: Environment,
  load: SchemaLoader,
): Component {
  const shownAs = `/builtin/${name}`
  const component = define({
    name,
    description: `Asks ${service} for one answer`,
    fields: {
      prompt: optional(words('What the user says, after the messages')),
      system: also(optional(words('Instructions before all else')), 'system_instructions'),
      messages: optional(list('[{role, content}]: what was said so far')),
      response_schema: optional(schemaField('The JSON Schema that the answer must fit; the content is then its value')),
      model: also(optional(text(`${model} if absent`)), 'version'),
      temperature: optional(numeric('How random the answer is')),
      max_tokens: also(optional(count('How many tokens the answer may have', 1)), 'max_output_tokens'),
      token: also(optional(text(`The key; ${keys.join(' or ')} of the environment if absent`)), 'api_key'),
      base_url: optional(text(`${base.variable} of the environment if absent`)),
      timeout: optional(duration('10 minutes if absent')),
    },
    output: {
      type: 'object',
      properties: {
        content: { description: 'The text, or the value if a response_schema was given' },
        model: { type: 'string' },
        usage: { type: ['object', 'null'] },
        finish_reason: { type: ['string', 'null'] },
      },
      required: ['content', 'model', 'usage', 'finish_reason'],
    },
    primary: 'content',
    async call(input, context) {
      const { system, messages } = conversation(shownAs, input)
      const chat: Chat = {
        model: input.model ?? model,
        system,
        messages,
        temperature: input.temperature,
        maxTokens: input.max_tokens,
        schema: input.response_schema,
      }
      const key = keyOf(shownAs, input.token, env, keys)
      const at = baseOf(input.base_url, env, base.variable, base.otherwise)
      const answer = await askService(client, clock, {
        service,
        ...request(at.url, key, chat),
        secrets: [key],
        trusted: at.trusted,
        signal: context.signal,
        ...(input.timeout === undefined ? {} : { timeoutMs: input.timeout }),
      })
      const reply = read(answer)
      return {
        content: chat.schema ? await shaped(service, reply, chat.schema, load) : reply.text,
        model: typeof reply.model === 'string' ? reply.model : chat.model,
        usage: isRecord(reply.usage) ? reply.usage : null,
        finish_reason: typeof reply.finishReason === 'string' ? reply.finishReason : null,
      }
    },
  })
  return patient(component, clock)
}

// ---

function schemaField(description: string) {
  return custom('a JSON Schema', { type: ['object', 'string'], description }, (value) => {
    const schema = jsonValue(value)
    return isRecord(schema) ? schema : undefined
  })
}

interface Said {
  readonly prompt: string | undefined
  readonly system: string | undefined
  readonly messages: readonly unknown[] | undefined
}

function conversation(name: string, { prompt, system, messages = [] }: Said) {
  const read = messages.map((message, i) => readMessage(name, message, i))
  if (prompt !== undefined) read.push({ role: 'user', content: prompt })
  const instructions = read.filter(({ role }) => role === 'system').map(({ content }) => content)
  if (system !== undefined) instructions.unshift(system)
  const rest = read.filter(({ role }) => role !== 'system')
  if (rest.length === 0) {
    throw new FlowError('INVALID_INPUT', `${name} needs "prompt": text, or "messages": [{role, content}]`)
  }
  return { system: instructions.length > 0 ? instructions.join('\n\n') : undefined, messages: rest }
}

const ROLES: Readonly<Record<string, ChatMessage['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  model: 'assistant',
}

function readMessage(name: string, message: unknown, i: number): ChatMessage {
  if (!isRecord(message)) {
    throw new FlowError('INVALID_INPUT', `${name} needs "messages[${i}]" to be {role, content}, got ${kindOf(message)}`)
  }
  const role = Object.hasOwn(ROLES, String(message.role)) ? ROLES[String(message.role)] : undefined
  if (!role) {
    throw new FlowError('INVALID_INPUT', `${name} needs the role of "messages[${i}]" to be user, assistant or system`)
  }
  const { content } = message
  // Data is said as JSON.
  return { role, content: typeof content === 'string' ? content : JSON.stringify(content ?? '') }
}

async function shaped(
  service: string,
  { text, value }: ChatReply,
  schema: Readonly<Record<string, unknown>>,
  load: SchemaLoader,
): Promise<unknown> {
  const parsed = value === undefined ? parsedText(service, text) : value
  const check = await load(schema as Json) // a step's input is JSON
  const { value: checked, violations } = check(parsed)
  if (violations.length === 0) return checked
  const told = violations.slice(0, 3).map(({ path, message }) => `${path} ${message}`)
  throw new FlowError('COMPONENT_FAILED', `the answer of ${service} does not fit response_schema: ${told.join('; ')}`, {
    data: { content: parsed as Json }, // parsed from JSON
  })
}

/** Models like to put their JSON between fences. */
function parsedText(service: string, text: string): unknown {
  const fenced = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(text)
  try {
    return JSON.parse(fenced?.[1] ?? text)
  } catch {
    const start = text.length > 200 ? `${text.slice(0, 200)}...` : text
    throw new FlowError('COMPONENT_FAILED', `${service} was asked for JSON and answered: ${start}`)
  }
}
