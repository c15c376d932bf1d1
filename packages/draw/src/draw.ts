// A plan as a picture: the one door to all formats. Free of Node: PNG, which is not, is an entry of its own.

import type { Plan } from '@stepflow/engine'
import { dot } from './dot.ts'
import { type Drawing, drawingOf } from './drawing.ts'
import { mermaid } from './mermaid.ts'
import { svg } from './svg.ts'
import { type TerminalOptions, terminal } from './terminal.ts'

export const textFormats = ['mermaid', 'dot', 'ascii'] as const
export const formats = [...textFormats, 'svg', 'png'] as const
export type TextFormat = (typeof textFormats)[number]
export type Format = (typeof formats)[number]

export interface DrawOptions extends TerminalOptions {
  /** `hide`: only the steps' names. */
  readonly details?: 'show' | 'hide'
}

/** `drawText(plan, 'mermaid')` begins with `flowchart TD`. */
export function drawText(plan: Plan, format: TextFormat, options: DrawOptions = {}): string {
  const drawing = drawingFor(plan, options)
  switch (format) {
    case 'mermaid':
      return mermaid(drawing)
    case 'dot':
      return dot(drawing)
    case 'ascii':
      return terminal(drawing, options)
  }
}

/** With `theme: 'auto'` (the default) it is dark where the reader prefers dark. */
export function drawSvg(plan: Plan, options: DrawOptions & { readonly theme?: 'auto' | 'light' } = {}): string {
  return svg(drawingFor(plan, options), { theme: options.theme ?? 'auto' })
}

// ---

function drawingFor(plan: Plan, options: DrawOptions): Drawing {
  return drawingOf(plan, options.details === 'hide' ? { details: 'hide' } : {})
}
