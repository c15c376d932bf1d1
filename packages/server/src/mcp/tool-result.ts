// What a tool answers: the output of a run, or why there is none. Everything in it is redacted already.

import type { CallToolResult } from '@modelcontextprotocol/server'
import { errorValue, isRecord, type Outcome } from '@stepflow/engine'

/** An output that is no object is `{result}`. A list of contents, as tools of other servers give it, stays one. */
export function resultOf(outcome: Outcome, runId: string): CallToolResult {
  const _meta = { [RUN_ID]: runId }
  if (outcome.outcome === 'failed')
    return failure(`${outcome.error.code}: ${outcome.error.message} (run ${runId})`, runId)
  if (outcome.outcome === 'skipped') return { ...structured({ result: null }, `skipped: ${outcome.reason}`), _meta }
  const { result } = outcome
  if (isContent(result)) return { content: result, structuredContent: { result }, _meta }
  return { ...structured(isRecord(result) ? result : { result }, textOf(result)), _meta }
}

/** JSON for programs, and the same as text for whoever reads nothing else. */
export function answer(value: Record<string, unknown>): CallToolResult {
  return structured(value, JSON.stringify(value))
}

export function failure(text: string, runId?: string): CallToolResult {
  return {
    content: [{ type: 'text', text }],
    isError: true,
    ...(runId === undefined ? {} : { _meta: { [RUN_ID]: runId } }),
  }
}

/** What was thrown before there was a run. */
export function failureOf(thrown: unknown): CallToolResult {
  const { code, message } = errorValue(thrown)
  return failure(`${code}: ${message}`)
}

// ---

const RUN_ID = 'stepflow/runId'
const KINDS: Readonly<Record<string, readonly string[]>> = {
  text: ['text'],
  image: ['data', 'mimeType'],
  audio: ['data', 'mimeType'],
  resource_link: ['uri', 'name'],
}

function structured(value: Record<string, unknown>, text: string): CallToolResult {
  return { content: [{ type: 'text', text }], structuredContent: value }
}

function textOf(result: unknown): string {
  return typeof result === 'string' ? result : JSON.stringify(result)
}

function isContent(value: unknown): value is CallToolResult['content'] {
  return Array.isArray(value) && value.length > 0 && value.every(isBlock)
}

function isBlock(block: unknown): boolean {
  if (!isRecord(block) || typeof block.type !== 'string') return false
  const { type, resource } = block
  if (type === 'resource') {
    return isRecord(resource) && typeof resource.uri === 'string' && [resource.text, resource.blob].some(isText)
  }
  const fields = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined
  return fields?.every((name) => isText(block[name])) ?? false
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
