// The `triggers` of a flow: what starts it where a server has it. Checked here, where the line is known; served elsewhere.

import { type Field, FieldReader } from '../fields.ts'
import { below, type Findings, type Trail } from '../findings.ts'
import { keyTable, readKeys } from '../keys.ts'
import { kindOfNode, type Node } from '../source/node.ts'

export function checkTriggers(field: Field | undefined, findings: Findings): void {
  if (!field) return
  if (field.node.kind !== 'list') {
    findings.error('INVALID_VALUE', `"triggers" must be a list, not ${kindOfNode(field.node)}`, field.node, field.trail)
    return
  }
  for (const [i, node] of field.node.items.entries()) {
    checkTrigger(node, below(field.trail, i), `triggers[${i}]`, findings)
  }
}

// ---

const KINDS = ['schedule', 'webhook', 'mcp'] as const
const KEYS = keyTable({
  schedule: [],
  timezone: [],
  overlap: [],
  catch_up: [],
  jitter: [],
  webhook: [],
  secret: [],
  signature: [],
  mcp: [],
  input: [],
})
/** What clients take for the name of a tool. */
const TOOL_NAME = /^[A-Za-z0-9_.-]{1,128}$/

function checkTrigger(node: Node, trail: Trail, owner: string, findings: Findings): void {
  if (node.kind !== 'map') {
    findings.error('INVALID_VALUE', `${owner} must be an object, not ${kindOfNode(node)}`, node, trail)
    return
  }
  const fields = new FieldReader(readKeys(node, KEYS, owner, findings, trail), findings, trail, owner)
  const given = KINDS.filter((kind) => fields.field(kind))
  if (given.length !== 1) {
    const what = given.length === 0 ? 'says nothing that starts the flow' : `has ${given.join(' and ')}`
    findings.error('INVALID_TRIGGER', `${owner} ${what}: it needs one of ${KINDS.join(', ')}`, node, trail)
    return
  }
  const tool = fields.text('mcp')
  if (tool === undefined || TOOL_NAME.test(tool)) return
  const field = fields.field('mcp') as Field // it has a text
  const hint = 'use letters, digits, _, - and ., at most 128 of them'
  findings.error('INVALID_TRIGGER', `"mcp" of ${owner} is no name of a tool: "${tool}"`, field.node, field.trail, hint)
}
