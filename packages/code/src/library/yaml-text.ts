// JSON as YAML that people like to read: block style, texts quoted only where they must be. Writes; never reads.

import type { Json } from '@stepflow/engine'

export function yamlText(value: Json): string {
  const text = block(value, '')
  return `${text.startsWith('\n') ? text.slice(1) : text.trimStart()}\n`
}

// ---

/** Short values without others inside stand on one line. */
const ONE_LINE = 80

/** What stands after a key's colon: on the same line, or from the next line on. */
function block(value: Json, indent: string): string {
  if (typeof value !== 'object' || value === null) return ` ${scalar(value)}`
  const line = inline(value)
  if (indent !== '' && line.length <= ONE_LINE && isShallow(value)) return ` ${line}`
  if (Array.isArray(value))
    return value.length === 0 ? ' []' : value.map((one) => `\n${indent}- ${item(one, indent)}`).join('')
  const entries = Object.entries(value)
  if (entries.length === 0) return ' {}'
  return entries.map(([key, one]) => `\n${indent}${scalar(key)}:${block(one, `${indent}  `)}`).join('')
}

/** A list's element begins beside its dash. */
function item(value: Json, indent: string): string {
  return block(value, `${indent}  `).trimStart()
}

function isShallow(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every((one) => typeof one !== 'object' || one === null || Object.keys(one).length <= 2)
}

function inline(value: Json): string {
  if (typeof value !== 'object' || value === null) return scalar(value)
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  const entries = Object.entries(value).map(([key, one]) => `${scalar(key)}: ${inline(one)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  // JSON's quotes are YAML's, too. Words that other readers take for values are quoted.
  const looksPlain = /^([$/A-Za-z_][\w./$-]*( [\w./$-]+)*|\d+(ms|s|m))$/.test(value)
  const isPlain = looksPlain && !/^(null|true|false|yes|no|on|off|y|n)$/i.test(value)
  return isPlain ? value : JSON.stringify(value)
}
