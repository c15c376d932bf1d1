// `value: {{ x }}`, without quotes: what YAML makes of it is an object whose one key is an object.

import { isNull, type MapNode } from './node.ts'

export function isBareTemplate({ entries }: MapNode): boolean {
  const [entry, ...more] = entries
  return more.length === 0 && entry !== undefined && isNull(entry.value) && /^\{.*:null\}$/s.test(entry.key)
}
