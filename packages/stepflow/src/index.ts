// `stepflow` as a library: everything that a program needs to define workflows and to run them.

// --- steps that lead to one another
export {
  type ExecuteOptions,
  type ExecutionResult,
  type Status,
  StepFunction,
  type StepFunctionOptions,
} from './library/step-function.ts'
export { StepFailedError } from './library/step-failed.ts'
export type { StepEvent, StepFunctionHooks, WorkflowEvent } from './library/hooks.ts'
export type { StepFunctionSpec, StepOptions, StepSettings } from '@stepflow/dialects'

// --- flows of typed steps
export { defineFlow, type Flow, type FlowBuilder, type FlowOptions, type FlowStepOptions } from './library/flow.ts'
export { component, type ComponentOptions, type FlowComponent } from './library/component.ts'
export type { AnyRef, Given, Ref, Resolved } from './library/ref.ts'
export { type JsonSchema, type SchemaLike, type StandardSchema, shape } from './library/schema-like.ts'
export type { StepContext } from './library/step-context.ts'

// --- running them
export {
  type BatchOptions,
  type BatchResult,
  type OutcomeOf,
  run,
  runBatch,
  type RunOptions,
  runOutcome,
} from './library/run.ts'
export { createEngine, type Engine, type EngineOptions } from './library/engine.ts'
export type { Runnable } from './library/program.ts'

// --- what they are made of
export { createMemoryStore, FlowError, Park, Skip, systemClock } from '@stepflow/engine'
export type {
  Clock,
  Diagnostic,
  ErrorCode,
  Log,
  Outcome,
  Plan,
  Plugin,
  RunHandle,
  RunSignal,
  Store,
} from '@stepflow/engine'
export type { Duration, RetryOptions } from '@stepflow/dialects'
