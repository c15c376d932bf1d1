// `value: {{ x }}`, without quotes: what YAML makes of it is an object whose one key is an object.

import type { Findings, Trail } from '../findings.ts'
import { isNull, type MapNode } from './node.ts'

export function isBareTemplate({ entries }: MapNode): boolean {
  const [entry, ...more] = entries
  return more.length === 0 && entry !== undefined && isNull(entry.value) && /^\{.*:null\}$/s.test(entry.key)
}

/** `owner`: what it stands in. */
export function tellBareTemplate(node: MapNode, trail: Trail, owner: string, findings: Findings): void {
  const message = `a template in ${owner} is not in quotes, and without them YAML reads {{ }} as an object`
  findings.error('UNQUOTED_TEMPLATE', message, node, trail, 'write "{{ ... }}", with the quotes')
}
