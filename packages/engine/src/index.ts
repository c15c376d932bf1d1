// The public names of the engine.

export type { Clock } from './clock.ts'
export { systemClock } from './clock.ts'
// --- what a step can call
export type {
  BlobAccess,
  CallContext,
  Component,
  ComponentInfo,
  Log,
  LogLevel,
  ParkedRun,
  Plugin,
  SubmitRunOptions,
  SubmittedRun,
  Woken,
} from './component/plugin.ts'
export { Park, Skip } from './component/plugin.ts'
export type { Route, Router } from './component/router.ts'
// --- running it
export type {
  Engine,
  EngineOptions,
  ItemResult,
  PureFunction,
  RunHandle,
  SchemaCheck,
  SubmitOptions,
  Violation,
} from './engine.ts'
export type { CodeFacts, ErrorCode, ErrorValue, FlowErrorOptions, RetryClass } from './errors.ts'
export { codes, errorValue, FlowError, retryClass } from './errors.ts'
// --- what is kept
export type { JournalEntry, JournalId, RunId, RunOptions, VisitRef } from './journal/events.ts'
// --- values and errors
export type { Json, JsonObject, MaybePromise } from './json.ts'
export { equalJson, isPromise, isRecord, kindOf, own, setOwn } from './json.ts'
export type { Diagnostic, Level } from './plan/diagnostic.ts'
export { hasErrors, suggest } from './plan/diagnostic.ts'
export type { Expr, TriggerRule } from './plan/expr.ts'
export { allRefs, literal, strictRefs, walk } from './plan/expr.ts'
export { compilePath, keysAt, MISSING, parsePath } from './plan/path.ts'
// --- what to run
export type { Origin, Plan, PlanStep, Retry, Transition } from './plan/plan.ts'
export { Redactor } from './redact.ts'
export type { Outcome } from './run/outcome.ts'
export { failed, success } from './run/outcome.ts'
export type {
  Batch,
  Blobs,
  ItemCounts,
  ItemRow,
  JournalRow,
  RunRow,
  RunStatus,
  Runs,
  Store,
  Wake,
} from './store/store.ts'
