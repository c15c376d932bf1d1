// Draws a program, synchronously and as text.

import { drawSvg, drawText } from '@stepflow/draw'
import type { Plan } from '@stepflow/engine'
import { checkKeys, shown, wrong } from '../compile/options.ts'

/** The format of a drawing. */
export type DrawFormat = 'mermaid' | 'dot' | 'svg'

export function drawPlan(plan: Plan, options: { readonly format?: DrawFormat } = {}): string {
  checkKeys(options, ['format'], `what visualize is given, such as { format: 'svg' },`)
  const { format = 'mermaid' } = options
  if (!['mermaid', 'dot', 'svg'].includes(format)) {
    throw wrong(`there is no drawing in the format ${shown(format)}: there are mermaid, dot and svg`)
  }
  return format === 'svg' ? drawSvg(plan) : drawText(plan, format)
}
