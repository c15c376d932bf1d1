// /openai_chat: the chat completions API with the answer of the manifests' chat tools. Flows have /openai, which asks at
// the same place and reads the same answer.

import { FlowError, isRecord, own } from '@stepflow/engine'
import type { ChatService } from './chat.ts'

export const openaiChatService: ChatService = {
  name: 'openai_chat',
  service: 'OpenAI',
  keys: ['OPENAI_API_KEY'],
  base: { variable: 'OPENAI_BASE_URL', otherwise: 'https://api.openai.com/v1' },
  model: 'gpt-4o-mini',
  request(base, key, { model, system, messages, temperature, maxTokens, schema }) {
    return {
      url: `${base}/chat/completions`,
      headers: { authorization: `Bearer ${key}` },
      body: {
        model,
        messages: system === undefined ? messages : [{ role: 'system', content: system }, ...messages],
        ...(temperature === undefined ? {} : { temperature }),
        ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
        ...(schema
          ? { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: false } } }
          : {}),
      },
    }
  },
  read(answer) {
    const choices = own(answer, 'choices')
    const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
    if (!isRecord(choice)) {
      throw new FlowError('COMPONENT_FAILED', 'OpenAI answered without "choices": is the base URL that of a chat API?')
    }
    const content = own(own(choice, 'message'), 'content')
    return {
      text: typeof content === 'string' ? content : '',
      model: own(answer, 'model'),
      usage: own(answer, 'usage'),
      finishReason: own(choice, 'finish_reason'),
    }
  },
}
