// /anthropic: the Messages API. A shape that is asked for is asked for as the input of a tool, which every model can do.

import { FlowError, isRecord, own } from '@stepflow/engine'
import type { ChatService } from './chat.ts'

const MAX_TOKENS = 4096
const TOOL = 'answer'

export const anthropic: ChatService = {
  name: 'anthropic',
  service: 'Anthropic',
  keys: ['ANTHROPIC_API_KEY'],
  base: { variable: 'ANTHROPIC_BASE_URL', otherwise: 'https://api.anthropic.com' },
  model: 'claude-sonnet-4-5',
  request(base, key, { model, system, messages, temperature, maxTokens, schema }) {
    return {
      url: `${base}/v1/messages`,
      headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01' },
      body: {
        model,
        max_tokens: maxTokens ?? MAX_TOKENS,
        messages,
        ...(system === undefined ? {} : { system }),
        ...(temperature === undefined ? {} : { temperature }),
        ...(schema
          ? {
              tools: [{ name: TOOL, description: 'Gives the answer', input_schema: inputSchema(schema) }],
              tool_choice: { type: 'tool', name: TOOL },
            }
          : {}),
      },
    }
  },
  read(answer) {
    const content = own(answer, 'content')
    if (!Array.isArray(content)) {
      throw new FlowError('COMPONENT_FAILED', 'Anthropic answered without "content": is the base URL that of its API?')
    }
    const texts = content
      .filter((block) => own(block, 'type') === 'text')
      .map((block) => String(own(block, 'text') ?? ''))
    const use = content.find((block) => own(block, 'type') === 'tool_use' && own(block, 'name') === TOOL)
    const input = own(use, 'input')
    return {
      text: texts.join(''),
      ...(input === undefined ? {} : { value: unwrapped(input) }),
      model: own(answer, 'model'),
      usage: own(answer, 'usage'),
      finishReason: own(answer, 'stop_reason'),
    }
  },
}

// ---

const WRAPPED = 'stepflow_value'

/** A tool's input is an object: any other shape goes into a field of one. */
function inputSchema(schema: Readonly<Record<string, unknown>>): unknown {
  if (schema.type === 'object') return schema
  return { type: 'object', properties: { [WRAPPED]: schema }, required: [WRAPPED] }
}

function unwrapped(input: unknown): unknown {
  return isRecord(input) && Object.hasOwn(input, WRAPPED) ? input[WRAPPED] : input
}
