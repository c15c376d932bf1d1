// `stepflow` as a library: everything that a program needs to define workflows and to run them.

// --- steps that lead to one another
export type { ExecutionResult } from './library/execution-result.ts'
export {
  type ExecuteOptions,
  type Status,
  StepFunction,
  type StepFunctionOptions,
} from './library/step-function.ts'
export { StepFailedError, type StepFailure } from './library/step-failed.ts'
export type { StepEvent, StepFunctionHooks, WorkflowEvent } from './library/hooks.ts'
export type { DrawFormat } from './library/draw-plan.ts'
export type {
  Branch,
  Functions,
  StepDefinition,
  StepFn,
  StepFunctionSpec,
  StepOptions,
  StepSettings,
  StepSpec,
  StepTask,
  StepWork,
  SubStepFunction,
} from '@stepflow/dialects'

// --- flows of typed steps
export {
  defineFlow,
  type Flow,
  type FlowBuilder,
  type FlowOptions,
  type FlowStepOptions,
  type ForEachOptions,
  type Work,
} from './library/flow.ts'
export type { OnItemError } from './library/flow-draft.ts'
export { component, type ComponentOptions, type FlowComponent } from './library/component.ts'
export type { AnyRef, Fields, Given, Ref, Resolved } from './library/ref.ts'
export {
  type InputOf,
  type JsonSchema,
  type OutputOf,
  type SchemaLike,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  shape,
} from './library/schema-like.ts'
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
  ErrorValue,
  FlowErrorOptions,
  Inputs,
  /** How one input ended, as the engine tells it. */
  ItemResult,
  Json,
  JsonObject,
  Level,
  Log,
  LogLevel,
  MaybePromise,
  /** What a store in memory is made with. */
  MemoryStoreOptions,
  Outcome,
  /** The order of results: that of the inputs, or as they end. */
  ResultOrder,
  ResumeOptions,
  RunHandle,
  RunId,
  RunSignal,
  SubmitOptions,
} from '@stepflow/engine'
export type { Duration, RetryOptions } from '@stepflow/dialects'

// --- the ports that an engine is made with
export type {
  BlobAccess,
  CallContext,
  Component,
  ComponentInfo,
  ParkedRun,
  Plugin,
  SubmitRunOptions,
  SubmittedRun,
  Woken,
} from '@stepflow/engine'
export type {
  Batch,
  Blobs,
  ItemCounts,
  ItemRow,
  JournalEntry,
  JournalId,
  JournalRow,
  OpenJournal,
  PruneOptions,
  RunQuery,
  RunRow,
  Runs,
  RunStatus,
  ShardRow,
  Store,
  VisitRef,
  Wake,
} from '@stepflow/engine'
export type { Expr, Origin, Plan, PlanStep, Retry, Transition, TriggerRule } from '@stepflow/engine'
