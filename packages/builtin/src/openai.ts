// /openai: one answer of a chat model, over the chat completions API that many servers speak. No streaming, no tools.

import { type Clock, type Component, FlowError, isRecord, kindOf } from '@stepflow/engine'
import { baseOf, type Environment, keyOf } from './credentials.ts'
import { define } from './define.ts'
import type { HttpClient } from './http-client.ts'
import { also, count, duration, type InputOf, list, number, object, optional, text } from './input.ts'
import { openaiChatService } from './openai-chat.ts'
import { askService } from './service.ts'

const NAME = '/builtin/openai'
const { service, keys, base, model: DEFAULT_MODEL, read } = openaiChatService

const fields = {
  messages: optional(list('[{role, content}]: what was said so far')),
  prompt: optional(text('What the user says, after the messages')),
  system: also(optional(text('Instructions before all else')), 'system_instructions'),
  model: also(optional(text(`${DEFAULT_MODEL} if absent`)), 'version'),
  temperature: optional(number('How random the answer is')),
  max_tokens: optional(count('How many tokens the answer may have', 1)),
  response_format: optional(object('As the API takes it')),
  api_key: also(optional(text('OPENAI_API_KEY of the environment if absent')), 'token'),
  base_url: optional(text('With /v1; OPENAI_BASE_URL of the environment if absent')),
  timeout: optional(duration('10 minutes if absent')),
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
      const messages = messagesOf(input)
      const model = input.model ?? DEFAULT_MODEL
      const key = keyOf(NAME, input.api_key, env, keys, '"api_key", best as {$secret: NAME}')
      const at = baseOf(input.base_url, env, base.variable, base.otherwise)
      const answer = await askService(client, clock, {
        service,
        url: `${at.url}/chat/completions`,
        headers: { authorization: `Bearer ${key}` },
        body: {
          model,
          messages,
          ...(input.temperature === undefined ? {} : { temperature: input.temperature }),
          ...(input.max_tokens === undefined ? {} : { max_tokens: input.max_tokens }),
          ...(input.response_format === undefined ? {} : { response_format: input.response_format }),
        },
        secrets: [key],
        trusted: at.trusted,
        signal: context.signal,
        ...(input.timeout === undefined ? {} : { timeoutMs: input.timeout }),
      })
      const reply = read(answer)
      return {
        response: reply.text,
        model: typeof reply.model === 'string' ? reply.model : model,
        usage: reply.usage ?? null,
        finish_reason: typeof reply.finishReason === 'string' ? reply.finishReason : null,
      }
    },
  })
}

// ---

function messagesOf(input: InputOf<typeof fields>): unknown[] {
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
