// /openai: one answer of a chat model, over the chat completions API that many servers speak. No streaming, no tools.

import { type CallContext, type Clock, type Component, FlowError, isRecord, kindOf, own } from '@stepflow/engine'
import { define } from './define.ts'
import type { HttpClient } from './http-client.ts'
import { also, count, duration, type InputOf, list, number, object, optional, text } from './input.ts'
import { askService } from './service.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const NAME = '/builtin/openai'
const DEFAULT_MODEL = 'gpt-4o-mini'
const DEFAULT_BASE_URL = 'https://api.openai.com/v1'

const fields = {
  messages: optional(list('[{role, content}]: what was said so far')),
  prompt: optional(text('What the user says, after the messages')),
  system: also(optional(text('Instructions before all else')), 'system_instructions'),
  model: also(optional(text(`${DEFAULT_MODEL} if absent`)), 'version'),
  temperature: optional(number('How freely it chooses')),
  max_tokens: optional(count('Of the answer', 1)),
  response_format: optional(object('As the API takes it')),
  api_key: also(optional(text('OPENAI_API_KEY of the environment if absent')), 'token'),
  base_url: optional(text('With /v1; OPENAI_BASE_URL of the environment if absent')),
  timeout: optional(duration('10 minutes if absent')),
}
export type ChatInput = InputOf<typeof fields>

export interface ChatAnswer {
  readonly text: string
  readonly model: string
  readonly usage: unknown
  readonly finishReason: string | null
}

export function openai(client: HttpClient, clock: Clock, env: Environment): Component {
  return define({
    name: 'openai',
    description: 'Asks a chat model (OpenAI or a server that speaks its protocol)',
    fields,
    output: {
      type: 'object',
      properties: {
        response: { type: 'string' },
        model: { type: 'string' },
        usage: { type: ['object', 'null'] },
        finish_reason: { type: ['string', 'null'] },
      },
      required: ['response', 'model', 'usage'],
    },
    primary: 'response',
    async call(input, context) {
      const { text, model, usage, finishReason } = await openaiChat(client, clock, env, input, context)
      return { response: text, model, usage, finish_reason: finishReason }
    },
  })
}

/** One chat completion; for components that show the answer in another shape. */
export async function openaiChat(
  client: HttpClient,
  clock: Clock,
  env: Environment,
  input: ChatInput,
  context: CallContext,
): Promise<ChatAnswer> {
  const messages = messagesOf(input)
  const model = input.model ?? DEFAULT_MODEL
  const ownBase = (env.OPENAI_BASE_URL || DEFAULT_BASE_URL).replace(/\/+$/, '')
  const base = input.base_url?.replace(/\/+$/, '') ?? ownBase
  const key = keyOf(input, env)
  const answer = await askService(client, clock, {
    service: 'OpenAI',
    url: `${base}/chat/completions`,
    headers: { authorization: `Bearer ${key}` },
    body: {
      model,
      messages,
      ...(input.temperature === undefined ? {} : { temperature: input.temperature }),
      ...(input.max_tokens === undefined ? {} : { max_tokens: input.max_tokens }),
      ...(input.response_format === undefined ? {} : { response_format: input.response_format }),
    },
    secrets: [key],
    trusted: base === ownBase,
    signal: context.signal,
    ...(input.timeout === undefined ? {} : { timeoutMs: input.timeout }),
  })
  return readAnswer(answer, model)
}

// ---

function keyOf(input: ChatInput, env: Environment): string {
  const key = (input.api_key || env.OPENAI_API_KEY)?.trim()
  if (!key) {
    throw new FlowError(
      'INVALID_INPUT',
      `${NAME} has no API key: set OPENAI_API_KEY in the environment, or give "api_key", best as {$secret: NAME}`,
    )
  }
  // It travels in a header: what cannot stand there would be refused with a message that names no cause.
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new FlowError(
      'INVALID_INPUT',
      `${NAME}: the API key has characters that no key has; is it cut or quoted wrongly?`,
    )
  }
  return key
}

function messagesOf(input: ChatInput): unknown[] {
  const messages: unknown[] = (input.messages ?? []).map((message, i) => {
    if (!isRecord(message) || typeof message.role !== 'string') {
      const got = isRecord(message) ? 'an object without "role"' : kindOf(message)
      throw new FlowError('INVALID_INPUT', `${NAME} needs "messages[${i}]" to be {role, content}, got ${got}`)
    }
    const { content } = message
    // Data is said as JSON; a list is the API's own form of parts.
    const isPlain = typeof content === 'string' || Array.isArray(content) || content === null || content === undefined
    return isPlain ? message : { ...message, content: JSON.stringify(content) }
  })
  if (input.system !== undefined) messages.unshift({ role: 'system', content: input.system })
  if (input.prompt !== undefined) messages.push({ role: 'user', content: input.prompt })
  if (messages.length > 0) return messages
  throw new FlowError('INVALID_INPUT', `${NAME} needs "messages": [{role, content}], or "prompt": text`)
}

function readAnswer(answer: Record<string, unknown>, asked: string): ChatAnswer {
  const choices = own(answer, 'choices')
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  if (!isRecord(choice)) {
    throw new FlowError('COMPONENT_FAILED', 'OpenAI answered without "choices": is the base URL that of a chat API?')
  }
  const content = own(own(choice, 'message'), 'content')
  const model = own(answer, 'model')
  const finishReason = own(choice, 'finish_reason')
  return {
    text: typeof content === 'string' ? content : '',
    model: typeof model === 'string' ? model : asked,
    usage: own(answer, 'usage') ?? null,
    finishReason: typeof finishReason === 'string' ? finishReason : null,
  }
}
