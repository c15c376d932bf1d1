// A drawing of a program, at once and as text.

import { shown, wrong } from '@stepflow/dialects'
import type { Plan } from '@stepflow/engine'
import { drawSvgNow, drawText } from '../draw/draw.ts'

/** What a drawing is written in. */
export type DrawFormat = 'mermaid' | 'dot' | 'svg'

export function drawPlan(plan: Plan, format: DrawFormat): string {
  if (!['mermaid', 'dot', 'svg'].includes(format)) {
    throw wrong(`there is no drawing in the format ${shown(format)}: there are mermaid, dot and svg`)
  }
  return format === 'svg' ? drawSvgNow(plan) : drawText(plan, format)
}
