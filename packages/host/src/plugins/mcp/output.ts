// What a tool has answered, as the output of its step or its failure.

import type { CallToolResult } from '@modelcontextprotocol/client'
import { FlowError, type Json, own, type SchemaCheck } from '@stepflow/engine'

/** Structured content, else the content list as it is; throws what the step fails with. */
export function outputOf(tool: string, result: CallToolResult, check: SchemaCheck | undefined): unknown {
  if (own(result, 'resultType') === 'input_required') throw needsSomebody(tool, own(result, 'inputRequests'))
  const { content, structuredContent, isError } = result
  if (isError) {
    const texts = textsOf(content) || `tool "${tool}" failed and said nothing`
    throw new FlowError('COMPONENT_FAILED', LACKS.test(texts) ? `${texts} (${NOBODY})` : texts, {
      ...(structuredContent === undefined ? {} : { data: structuredContent as Json }), // from JSON
    })
  }
  if (check) assertFits(tool, structuredContent, check)
  return structuredContent === undefined ? content : structuredContent
}

/** `asked`: what the server wants to know, by a name of its own for each. */
export function needsSomebody(tool: string, asked: unknown): FlowError {
  const methods = Object.values(asked ?? {}).map((request) => String(own(request, 'method')))
  const wanted = methods.length === 0 ? '' : ` (${[...new Set(methods)].join(', ')})`
  return new FlowError('COMPONENT_FAILED', `tool "${tool}" asks the client for something${wanted}: ${NOBODY}`, {
    retryable: false,
  })
}

/** Why what a server asks of its client is refused. */
export const NOBODY = 'nobody is there to answer, for Stepflow has no roots, sampling or elicitation'

// ---

const MAX_SHOWN = 5
/** What servers on the official SDK say that look first whether there is somebody to ask. */
const LACKS = /client does not support .*(?:elicitation|sampling|roots)/i

function textsOf(content: CallToolResult['content']): string {
  return content
    .flatMap((block) => (block.type === 'text' ? block.text : []))
    .join('\n')
    .trim()
}

function assertFits(tool: string, output: unknown, check: SchemaCheck): void {
  if (output === undefined) {
    throw new FlowError(
      'COMPONENT_FAILED',
      `tool "${tool}" has an output schema, but answered without structured content`,
    )
  }
  const { violations } = check(output)
  if (violations.length === 0) return
  const shown = violations.slice(0, MAX_SHOWN).map(({ path, message }) => `${path} ${message}`)
  const more = violations.length > MAX_SHOWN ? `; and ${violations.length - MAX_SHOWN} more` : ''
  const message = `the output of tool "${tool}" does not fit the tool's own schema: ${shown.join('; ')}${more}`
  throw new FlowError('COMPONENT_FAILED', message, { data: { violations: violations as unknown as Json } }) // plain texts
}
