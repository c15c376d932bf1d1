// New values as text, in the manner of the file that they come into: its indentation, its braces, its lists.

import { isJson, isRecord, type Json } from '@stepflow/engine'
import type { Document, Node as YamlNode } from 'yaml'
import * as yaml from 'yaml'
import { NEEDS } from './steps.ts'

/** How a file is written. */
export interface Manner {
  readonly isJson: boolean
  /** Of one level. */
  readonly indent: string
  /** The dashes of a list stand further right than the key above them. */
  readonly isDashIndented: boolean
  /** `{ a: 1 }`, not `{a: 1}`. */
  readonly isPadded: boolean
}

export function mannerOf(text: string): Manner {
  const indent = /^([ \t]+)[^\s#]/m.exec(text)?.[1] ?? '  '
  return {
    isJson: /^\s*[{[]/.test(text) && isJson(text),
    indent: indent.slice(0, 8),
    isDashIndented: !/^( *)(?:- )?[\w"'$-]+:[ \t]*\n\1- /m.test(text),
    isPadded: !/\{(?=[\w"'$])/.test(text),
  }
}

/** `key: value` in a block; every line but the first is indented by `column`. */
export function blockEntry(key: string, value: Json, column: number, manner: Manner): string {
  return indented(rendered({ [key]: value }, manner), column)
}

/** What stands behind the colon of such an entry. */
export function blockValue(key: string, value: Json, column: number, manner: Manner): string {
  // The key decides how its value is written; what it is called itself may need quotes.
  const known = NEEDS.has(key) ? key : 'k'
  return indented(rendered({ [known]: value }, manner), column).slice(known.length + 1)
}

/** `- value` in a block. */
export function blockItem(value: Json, column: number, manner: Manner): string {
  return indented(rendered([value], { ...manner, indent: '  ' }), column)
}

/** On one line, as it stands in braces or brackets. */
export function flowValue(value: Json, { isPadded }: Manner): string {
  const document = documentOf([value])
  ;(document.contents as { flow?: boolean }).flow = true
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: isPadded }).trim().slice(1, -1).trim()
  return text.includes('\n') ? JSON.stringify(value) : text
}

/** A step, for a list whose steps stand in braces, if it fits on a line. */
export function flowItem(value: Json, manner: Manner): string | undefined {
  const text = flowValue(value, manner)
  return text.length <= MOST_ON_A_LINE ? `- ${text}` : undefined
}

export function flowKey(key: string, manner: Manner): string {
  return manner.isJson ? JSON.stringify(key) : flowValue(key, manner)
}

/** JSON whose lines, but the first, are indented by `margin`. */
export function jsonValue(value: Json, isOneLine: boolean, margin: string, { indent }: Manner): string {
  if (isOneLine) return JSON.stringify(value)
  return JSON.stringify(value, null, indent).split('\n').join(`\n${margin}`)
}

// ---

const MOST_ON_A_LINE = 100

function rendered(value: Json, manner: Manner): string {
  const document = documentOf(value)
  yaml.visit(document, {
    Pair(_, { key, value }) {
      // Ids of steps are written on one line.
      if (yaml.isScalar(key) && NEEDS.has(String(key.value)) && yaml.isSeq(value)) value.flow = true
    },
    Map(_, node) {
      // An expression is one word of the language.
      if (isExpression(node.toJSON()) && fits(node)) node.flow = true
    },
  })
  return document
    .toString({
      lineWidth: 0,
      indent: Math.max(1, manner.indent.length),
      indentSeq: manner.isDashIndented,
      flowCollectionPadding: manner.isPadded,
    })
    .trimEnd()
}

function documentOf(value: Json): Document {
  return new yaml.Document(value, { version: '1.2', schema: 'core', aliasDuplicateObjects: false })
}

function isExpression(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).some((key) => key.startsWith('$'))
}

function fits(node: YamlNode): boolean {
  const text = JSON.stringify(node)
  return text.length <= 80 && !text.includes('\\n')
}

function indented(text: string, column: number): string {
  const margin = ' '.repeat(column)
  return text
    .split('\n')
    .map((line, i) => (i === 0 || line === '' ? line : margin + line))
    .join('\n')
}
