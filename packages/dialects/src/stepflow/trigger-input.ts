// The `input` of a trigger, checked: its texts are templates, which see `trigger` and nothing else. There is no run yet whose
// steps, inputs or secrets they could read.

import type { Field } from '../fields.ts'
import { below, didYouMean, type Findings, type Trail } from '../findings.ts'
import { isBareTemplate, tellBareTemplate } from '../source/bare-template.ts'
import { type MapNode, type Node, textOf } from '../source/node.ts'
import { namesIn, type Read } from '../template/names.ts'
import { parse, placeIn, TemplateSyntaxError } from '../template/parse.ts'
import { isExpression } from './expr-head.ts'

export interface TriggerInput {
  /** `triggers[0]` */
  readonly owner: string
  /** What `trigger` has. */
  readonly known: readonly string[]
  readonly findings: Findings
}

export function checkTriggerInput({ node, trail }: Field, input: TriggerInput): void {
  switch (node.kind) {
    case 'scalar':
      if (typeof node.value === 'string') checkTemplate(node.value, node, trail, input)
      return
    case 'list':
      for (const [i, item] of node.items.entries())
        checkTriggerInput({ node: item, trail: below(trail, i), place: item }, input)
      return
    case 'map':
      if (isBareTemplate(node)) tellBareTemplate(node, trail, `the input of ${input.owner}`, input.findings)
      else if (isExpression(node)) checkExpression(node, trail, input)
      else
        for (const { key, value } of node.entries)
          checkTriggerInput({ node: value, trail: below(trail, key), place: value }, input)
  }
}

// ---

/** `$template` and `$literal` say what they say elsewhere in a flow; the others read a run. */
function checkExpression(node: MapNode, trail: Trail, input: TriggerInput): void {
  const { findings, owner } = input
  const [only, ...more] = node.entries
  const text = only?.key === '$template' ? textOf(only.value) : undefined
  if (more.length === 0 && text !== undefined && only)
    return checkTemplate(text, only.value, below(trail, only.key), input)
  if (more.length === 0 && only?.key === '$literal') return
  const head = node.entries.find(({ key }) => key.startsWith('$'))
  const message = `"${head?.key}" in the input of ${owner} has nothing to read: the run has not begun`
  findings.error('INVALID_TRIGGER', message, head, below(trail, head?.key ?? ''), hintOf(input))
}

function checkTemplate(text: string, node: Node, trail: Trail, input: TriggerInput): void {
  if (!/\{[{%#]/.test(text)) return
  const tell = (message: string, at: number, hint?: string) => {
    const told = `template in the input of ${input.owner}: ${message}${placeIn(text, at)}`
    input.findings.error('INVALID_TEMPLATE', told, node, trail, hint)
  }
  try {
    const { reads, problems } = namesIn(parse(text))
    for (const { message, at } of problems) tell(message, at)
    for (const read of reads) {
      const wrong = whyWrong(read, input)
      if (wrong !== undefined) tell(wrong, read.at, hintOf(input))
    }
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError)) throw error
    tell(error.message, error.at)
  }
}

function whyWrong({ path }: Read, { known }: TriggerInput): string | undefined {
  const [root, field, name] = path
  if (root !== 'trigger') return `it reads "${root}", and sees nothing but "trigger"`
  if (field === undefined) return undefined
  if (!known.includes(String(field))) return `"trigger" has no "${field}"${didYouMean(String(field), known)}`
  if (field === 'headers' && typeof name === 'string' && name !== name.toLowerCase()) {
    return `headers have names in lower case: "${name.toLowerCase()}", not "${name}"`
  }
  return undefined
}

function hintOf({ known }: TriggerInput): string {
  return `there are: ${known.map((name) => `{{ trigger.${name} }}`).join(', ')}`
}
