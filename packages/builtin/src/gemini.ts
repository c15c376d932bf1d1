// /gemini: the generateContent API of Google's models. No streaming, no tools, no files.

import { FlowError, own } from '@stepflow/engine'
import type { ChatService } from './chat.ts'

export const gemini: ChatService = {
  name: 'gemini',
  service: 'Gemini',
  keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  base: { variable: 'GOOGLE_GEMINI_BASE_URL', otherwise: 'https://generativelanguage.googleapis.com' },
  model: 'gemini-2.5-flash',
  request(base, key, { model, system, messages, temperature, maxTokens, schema }) {
    const version = /\/v\d\w*$/.test(base) ? base : `${base}/v1beta`
    const generationConfig = {
      ...(temperature === undefined ? {} : { temperature }),
      ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
      ...(schema ? { responseMimeType: 'application/json', responseJsonSchema: schema } : {}),
    }
    return {
      url: `${version}/models/${encodeURIComponent(model.replace(/^models\//, ''))}:generateContent`,
      headers: { 'x-goog-api-key': key },
      body: {
        contents: messages.map(({ role, content }) => ({
          role: role === 'assistant' ? 'model' : 'user',
          parts: [{ text: content }],
        })),
        ...(system === undefined ? {} : { systemInstruction: { parts: [{ text: system }] } }),
        ...(Object.keys(generationConfig).length > 0 ? { generationConfig } : {}),
      },
    }
  },
  read(answer) {
    const candidates = own(answer, 'candidates')
    const candidate: unknown = Array.isArray(candidates) ? candidates[0] : undefined
    if (candidate === undefined) throw refused(answer)
    const parts = own(own(candidate, 'content'), 'parts')
    const texts = (Array.isArray(parts) ? parts : [])
      // A model's thoughts are not its answer.
      .filter((part) => own(part, 'thought') !== true)
      .map((part) => own(part, 'text'))
    return {
      text: texts.filter((text) => typeof text === 'string').join(''),
      model: own(answer, 'modelVersion'),
      usage: own(answer, 'usageMetadata'),
      finishReason: own(candidate, 'finishReason'),
    }
  },
}

// ---

function refused(answer: Record<string, unknown>): FlowError {
  const reason = own(own(answer, 'promptFeedback'), 'blockReason')
  if (typeof reason === 'string') {
    return new FlowError('COMPONENT_FAILED', `Gemini refused the prompt: ${reason}`, { retryable: false })
  }
  return new FlowError(
    'COMPONENT_FAILED',
    'Gemini answered without "candidates": is the base URL that of the Gemini API?',
  )
}
