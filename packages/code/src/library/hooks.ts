// Hooks: functions that watch a step function. They are called for everything that happens; what they return or throw
// changes nothing.

import { isPromise } from '@stepflow/engine'

/** An event of a step. */
export interface StepEvent {
  /** The step function's name; of one inside: `Outer > Inner`. */
  readonly workflow: string
  readonly step: string
  /** Of a parallel step: the task that it is about. */
  readonly task?: string
  readonly input: unknown
  readonly output?: unknown
  readonly error?: unknown
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly finishedAt?: number
  readonly durationMs?: number
  /** Where it goes from here, if that is known; after a failure, its handler. */
  readonly nextStep?: string
}

/** An event of an execution. */
export interface WorkflowEvent {
  readonly workflow: string
  readonly input: unknown
  readonly status: 'RUNNING' | 'COMPLETED' | 'FAILED'
  readonly output?: unknown
  readonly error?: unknown
  readonly startedAt: number
  readonly finishedAt?: number
  readonly durationMs?: number
}

/** Called as things happen. What they throw, or reject with, is dropped. */
export interface StepFunctionHooks {
  readonly onWorkflowStart?: (event: WorkflowEvent) => unknown
  readonly onStepStart?: (event: StepEvent) => unknown
  readonly onStepSuccess?: (event: StepEvent) => unknown
  readonly onStepFailure?: (event: StepEvent) => unknown
  readonly onWorkflowEnd?: (event: WorkflowEvent) => unknown
}

export const hookNames = [
  'onWorkflowStart',
  'onStepStart',
  'onStepSuccess',
  'onStepFailure',
  'onWorkflowEnd',
] as const satisfies readonly (keyof StepFunctionHooks)[]

export function tell<E extends object>(hook: ((event: E) => unknown) | undefined, event: E): void {
  if (!hook) return
  try {
    const told = hook(Object.freeze(event))
    if (isPromise(told)) Promise.resolve(told).catch(() => {})
  } catch {
    // A hook that throws never harms the run.
  }
}
