// The public names of workflows written in TypeScript.

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
  StepDefinition,
  StepFn,
  StepOptions,
  StepSettings,
  StepTask,
  StepWork,
  SubStepFunction,
} from './compile/definition.ts'
export type { Functions, StepFunctionSpec, StepSpec } from './compile/spec.ts'
export type { Duration, RetryOptions } from './compile/options.ts'

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
export type { OnError } from './library/on-error.ts'
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

export {
  type BuiltinComponent,
  type HttpInput,
  type HttpOutput,
  http,
  type LoadFileInput,
  loadFile,
  type SleepInput,
  sleep,
  type WaitForSignalInput,
  type WaitInput,
  wait,
  waitForSignal,
} from './library/builtin-components.ts'

// --- running them
export {
  type BatchOptions,
  type BatchResult,
  createEngine,
  type Engine,
  type EngineOptions,
  type OutcomeOf,
  type RunOptions,
} from './library/engine.ts'
export { run, runBatch, runOutcome } from './library/run.ts'
export type { RunRecord } from './library/run-record.ts'
export type { Runnable } from './library/program.ts'

// --- for whoever puts engines together
export { assembleEngine } from './assemble-engine.ts'

// --- for whoever finds them in a file
export { checkDefinition } from './compile/check.ts'
export { DEFINITION, isStepFunction } from './compile/definition.ts'
export { isRunnable, LocalRouter, PROGRAM } from './library/program.ts'
