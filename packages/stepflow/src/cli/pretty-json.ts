// JSON for people: indented, and coloured where colours are seen. For programs it is written as it is.

import { type Color, paint } from './progress/draw-tree.ts'

/** Longer texts are not worth the colours. */
const MOST_COLOURED = 1 << 18

export function prettyJson(value: unknown, color: boolean): string {
  // JSON leaves some control characters as they are, and a terminal would obey them.
  const text = JSON.stringify(value, null, 2).replace(CONTROLS, escaped)
  return color && text.length <= MOST_COLOURED ? text.replace(TOKENS, coloured) : text
}

// ---

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi

const CONTROLS = /[\u007f-\u009f]/g

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function coloured(token: string, text: string | undefined, colon: string | undefined): string {
  if (text === undefined) return paint(token, 'yellow', true)
  const color: Color = colon === undefined ? 'green' : 'cyan'
  return `${paint(text, color, true)}${colon ?? ''}`
}
