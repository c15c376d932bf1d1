// What a box says, line by line, and how large it must be for that.

import type { Arrow, Drawing, Shape } from './drawing.ts'
import type { Size } from './layout/layout.ts'
import { fitText, textWidth } from './measure.ts'

export interface TextLine {
  readonly text: string
  readonly size: number
  readonly role: 'label' | 'detail' | 'when' | 'mark'
}

export const labelSize = 10.5
export const lineHeight = 15

/** A shape of kind `each` is three sheets, each this much to the right of and above the one before it. */
export const sheetStep = 4

/** Of each shape of the drawing. */
export function textsOf(drawing: Drawing): TextLine[][] {
  return drawing.shapes.map(linesOf)
}

export function boxSizeOf(shape: Shape, lines: readonly TextLine[]): Size {
  const text = Math.max(...lines.map((l) => textWidth(l.text, l.size, l.role === 'label' ? 'bold' : 'regular')))
  const isEnd = shape.kind === 'input' || shape.kind === 'output'
  const sheets = shape.kind === 'each' ? 2 * sheetStep : 0
  return {
    width: Math.ceil(Math.max(isEnd ? 80 : 112, text + 32)) + sheets,
    height: (isEnd ? 34 : lines.length * lineHeight + 18) + sheets,
  }
}

export function labelBoxOf({ label = '' }: Arrow): Size {
  return { width: Math.ceil(textWidth(label, labelSize)) + 10, height: 16 }
}

// ---

const maxText = 300

function linesOf(shape: Shape): TextLine[] {
  const line = (text: string, size: number, role: TextLine['role']): TextLine => ({
    text: fitText(text, size, maxText, role === 'label' ? 'bold' : 'regular'),
    size,
    role,
  })
  const lines = [line(shape.label, 13, 'label')]
  if (shape.detail) lines.push(line(shape.detail, 11, 'detail'))
  if (shape.when !== undefined) lines.push(line(`when ${shape.when}`, 10.5, 'when'))
  const marks = [shape.rule?.replaceAll('_', ' '), ...shape.marks].filter((m) => m !== undefined)
  if (marks.length > 0) lines.push(line(marks.join(' · '), 10.5, 'mark'))
  return lines
}
