// A flow as its builder noted it down: steps in order, with references in place of values. Knows nothing of plans yet.

import type { Component, Retry, TriggerRule } from '@stepflow/engine'
import type { AnyFn } from './component.ts'
import type { Program } from './program.ts'
import type { SchemaLike } from './schema-like.ts'

/** The flow itself, or what runs once per element of a list. */
export interface Block {
  readonly around: Block | undefined
  readonly steps: StepDraft[]
  output: unknown
}

export interface StepDraft {
  readonly id: string
  readonly block: Block
  readonly work: WorkDraft
  /** Values with references in them. */
  readonly input: unknown
  readonly when?: unknown
  readonly needs: readonly unknown[]
  readonly rule: TriggerRule
  readonly onError?: 'fail' | 'skip' | { readonly default: unknown }
  readonly retry?: Retry
  readonly timeoutMs?: number
}

export type WorkDraft =
  /** `component` undefined: it is found by its path where the flow runs. */
  | {
      readonly kind: 'call'
      readonly path: string
      readonly name: string
      /** A function as the author wrote it, or a component; neither, if the path leads elsewhere. */
      readonly component: Component | AnyFn | undefined
      /** What the author gave: steps with the same call the same. */
      readonly from: unknown
    }
  | { readonly kind: 'run'; readonly program: Program; readonly draft: FlowDraft | undefined }
  /** `input` is the list. */
  | {
      readonly kind: 'each'
      readonly block: Block
      readonly maxConcurrent?: number
      readonly onItemError?: OnItemError
    }

/** What an element that fails does to the step. */
export type OnItemError = 'fail' | 'skip' | 'continue'

export interface FlowDraft {
  readonly name: string
  readonly description: string | undefined
  readonly input: SchemaLike | undefined
  readonly block: Block
  readonly timeoutMs: number | undefined
  readonly maxConcurrent: number | undefined
  readonly onFailure: 'stop' | 'drain'
}

/** What a reference leads to. */
export type Source =
  | { readonly kind: 'input'; readonly block: Block }
  | { readonly kind: 'item' | 'index'; readonly block: Block }
  | { readonly kind: 'step'; readonly step: StepDraft }
  | Choice

/** One of several values. */
export type Choice =
  | (ChoiceOf & { readonly kind: 'cond'; readonly of: readonly [unknown, unknown, unknown] })
  | (ChoiceOf & { readonly kind: 'coalesce'; readonly of: readonly unknown[] })

interface ChoiceOf {
  readonly block: Block
  /** How many choices are in one another, this one included. */
  readonly depth: number
}

export function blockOf(source: Source): Block {
  return source.kind === 'step' ? source.step.block : source.block
}

/** Under this symbol a flow carries its notes. */
export const DRAFT = Symbol.for('stepflow.draft')

export function draftOf(flow: object): FlowDraft | undefined {
  return DRAFT in flow ? (flow[DRAFT] as FlowDraft) : undefined // whoever carries the symbol means it
}
