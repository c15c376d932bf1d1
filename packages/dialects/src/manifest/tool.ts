// What a step of a manifest says of its tool.

import type { Field } from '../fields.ts'
import type { StepShape } from '../stepflow/step-shape.ts'
import type { Parameter } from './parameters.ts'

export type ToolUse =
  | { readonly kind: 'call'; readonly given: Given; readonly knowsKeys: boolean }
  | { readonly kind: 'parameter'; readonly parameter: Parameter; readonly knowsKeys: true }
  | { readonly kind: 'pass'; readonly value: Field | undefined; readonly knowsKeys: true }

/** A step's tool, as this language has read it. */
export function toolOf({ tool }: Pick<StepShape, 'tool'>): ToolUse | undefined {
  return tool as ToolUse | undefined // every step of a manifest was read here
}

/** Inputs by name, or one template that gives all of them. */
export type Given = { readonly named: ReadonlyMap<string, Field> } | { readonly whole: Field }
