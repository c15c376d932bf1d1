// `stepflow` as a library: everything that a program needs to define workflows and to run them.

// --- steps that lead to one another
export {
  type ExecutionResult,
  type ExecuteOptions,
  type Status,
  StepFunction,
  type StepFunctionOptions,
  StepFailedError,
  type StepFailure,
  type StepEvent,
  type StepFunctionHooks,
  type WorkflowEvent,
  type DrawFormat,
  type Branch,
  type Functions,
  type StepDefinition,
  type StepFn,
  type StepFunctionSpec,
  type StepOptions,
  type StepSettings,
  type StepSpec,
  type StepTask,
  type StepWork,
  type SubStepFunction,
} from '@stepflow/code'

// --- flows of typed steps
export {
  defineFlow,
  type Flow,
  type FlowBuilder,
  type FlowOptions,
  type FlowStepOptions,
  type ForEachOptions,
  type Work,
  type OnError,
  type OnItemError,
  component,
  type ComponentOptions,
  type FlowComponent,
  type AnyRef,
  type Fields,
  type Given,
  type Ref,
  type Resolved,
  type InputOf,
  type JsonSchema,
  type OutputOf,
  type SchemaLike,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  shape,
  type StepContext,
} from '@stepflow/code'

// --- components that every engine has
export {
  wait,
  type WaitInput,
  sleep,
  type SleepInput,
  waitForSignal,
  type WaitForSignalInput,
  http,
  type HttpInput,
  type HttpOutput,
  loadFile,
  type LoadFileInput,
  type BuiltinComponent,
} from '@stepflow/code'

// --- running them
export {
  type BatchOptions,
  type BatchResult,
  type OutcomeOf,
  run,
  runBatch,
  type RunOptions,
  runOutcome,
  createEngine,
  type Engine,
  type RunRecord,
  type EngineOptions,
  type Runnable,
} from '@stepflow/code'

// --- what they are made of
export { createMemoryStore, FlowError, Park, Skip, systemClock } from '@stepflow/engine'
export type {
  Clock,
  Diagnostic,
  ErrorCode,
  ErrorValue,
  FlowErrorOptions,
  Inputs,
  /** How one input ended. */
  ItemResult,
  Json,
  JsonObject,
  Level,
  Log,
  LogLevel,
  MaybePromise,
  /** Options of a store in memory. */
  MemoryStoreOptions,
  Outcome,
  /** The order of results: that of the inputs, or as they end. */
  ResultOrder,
  CloseOptions,
  FollowedRun,
  ResumeOptions,
  RunHandle,
  RunId,
  RunSignal,
  SubmitOptions,
} from '@stepflow/engine'
export type { Duration, RetryOptions } from '@stepflow/code'

// --- the ports that an engine is made with
export type {
  BlobAccess,
  CallContext,
  Component,
  ComponentInfo,
  GetRunOptions,
  ParkedRun,
  ParkSignal,
  Plugin,
  ReportedRun,
  SubmitRunOptions,
  SubmittedRun,
  Woken,
} from '@stepflow/engine'
export type {
  AtWork,
  Batch,
  Blobs,
  Cursor,
  History,
  ItemCounts,
  ItemError,
  ItemRow,
  ItemStatus,
  JournalEntry,
  JournalId,
  JournalRow,
  Listener,
  OpenJournal,
  PruneOptions,
  RecordQuery,
  Records,
  RunQuery,
  RunRow,
  Runs,
  RunStatus,
  ShardCounts,
  ShardRow,
  Store,
  StoredRecord,
  VisitRef,
  Wake,
  WaitForm,
  WatchOptions,
} from '@stepflow/engine'
export type { Expr, Origin, Plan, PlanStep, Retry, Transition, TriggerRule } from '@stepflow/engine'
