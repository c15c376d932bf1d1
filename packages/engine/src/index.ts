// The public names of the engine.

// --- what to run
export type { Origin, Plan, PlanStep, Retry, Transition } from './plan/plan.ts'
export type { Expr, TriggerRule } from './plan/expr.ts'
export { allRefs, literal, strictRefs, triggerRules, walk } from './plan/expr.ts'
export { strictDependencies } from './plan/dependencies.ts'
export { authorsId } from './plan/plan.ts'
export { type Condition, conditionOf, type SubPlan, subPlanOf } from './plan/step-parts.ts'
export { secretsReadBy } from './plan/secrets-read.ts'
export { nearestBefore, stepsBefore } from './plan/steps-before.ts'
export { checkPlan, findCycle } from './plan/check.ts'
export { compilePath, keysAt, MISSING, parsePath } from './plan/path.ts'
export { isTruthy, type PureFunction } from './plan/functions.ts'
export { bareId, contentId, type Hash, textId, useHash } from './plan/id.ts'
export type { Diagnostic, Level } from './plan/diagnostic.ts'
export { errorsOf, hasErrors, suggest } from './plan/diagnostic.ts'

// --- running it
export type {
  CloseOptions,
  DirectRunOptions,
  PlanEngine,
  PlanEngineOptions,
  Inputs,
  ItemRange,
  LeftInputs,
  RerunFrom,
  RerunOptions,
  RerunPreview,
  ResumeOptions,
  FollowedRun,
  FollowOptions,
  RunHandle,
  RunSignal,
  SubmitOptions,
} from './engine.ts'
export { createEngine } from './run/engine/create-engine.ts'
export { IndexSet } from './run/engine/index-set.ts'
export type { ItemResult, ResultOrder } from './run/engine/result-stream.ts'
export {
  type LookBackTools,
  lookBack,
  type Past,
  type StepStanding,
  standingOf,
  type VisitReads,
} from './run/look-back.ts'
export type { Outcome } from './run/outcome.ts'
export { failed, success } from './run/outcome.ts'
export { type Clock, systemClock } from './clock.ts'
export type { SchemaCheck, Violation } from './schema.ts'

// --- what a step can call
export type {
  BlobAccess,
  CallContext,
  Component,
  ComponentInfo,
  Misfit,
  GetRunOptions,
  Log,
  LogLevel,
  ParkedRun,
  InputList,
  ParkSignal,
  Plugin,
  Printed,
  ReportedRun,
  SubmitRunOptions,
  SubmittedRun,
  TraceContext,
  Woken,
} from './component/plugin.ts'
export { Park, Skip } from './component/plugin.ts'
export { COMPONENT, type ComponentBrand } from './component/brand.ts'
export { Places } from './component/places.ts'
export type { Route, Router } from './component/router.ts'

// --- what is kept
export { type Drive, Driving } from './store/driving.ts'
export { checkFence } from './store/fence.ts'
export { isAway } from './store/patience.ts'
export { createMemoryStore, type MemoryStoreOptions } from './store/memory.ts'
export type { History } from './store/memory-runs.ts'
export { checkRecordName, recordConflict } from './store/records.ts'
export {
  type OptionRule,
  type OptionRules,
  SHARED_STORE_OPTIONS,
  unfitOptions,
  unknownOptions,
} from './store/store-options.ts'
export {
  type JournalEntry,
  type JournalId,
  type RunId,
  type RunOptions,
  type Share,
  itemsEnded,
  saysEndOf,
  secretsInside,
  TRIGGER_TYPES,
  type TriggerType,
  type VisitRef,
  visitOfPath,
  visitPath,
  type WaitForm,
} from './journal/events.ts'
export { checkRunId, whyNoRunId } from './run/engine/run-options.ts'
export { type JournalParts, partsOfJournal, runOfJournal } from './journal/journal-name.ts'
export { RefusedInput } from './journal/refused-input.ts'
export { foldWaits, type OpenWait, type WaitFold } from './journal/open-waits.ts'
export { foldItems, type ItemFold } from './journal/item-states.ts'
export { type CriticalPath, criticalPath } from './journal/critical-path.ts'
export { foldSteps, type StepFold, type StepState, type StepStates } from './journal/step-states.ts'
export {
  type AttemptRow,
  foldInside,
  foldVisits,
  type VisitFold,
  type VisitRow,
} from './journal/visit-rows.ts'
export { isoTime, stepSummary, type WhySummary, whySummary } from './journal/step-summary.ts'
export type { Why } from './journal/why.ts'
export {
  type CodecOptions,
  type Damage,
  type Decoded,
  type EncodedEntries,
  isDamage,
  JournalCodec,
} from './journal/codec.ts'
export { type BlobKind, type EncodedBlob, encodeBlob } from './journal/large-values.ts'
export { FewMap } from './few-map.ts'
export {
  applyChanges,
  type Changes,
  type Counts,
  concernsRun,
  count,
  type Ends,
  endedOf,
  hasShardEnded,
  ITEM_BYTES,
  isEnded,
  itemStatus,
  newRunRow,
  noCounts,
  project,
  rowFacts,
  summed,
} from './journal/project.ts'
export type { BlobStorage } from './store/blob-storage.ts'
export {
  type AtWork,
  BEGINNING,
  type Batch,
  type Blobs,
  type Cursor,
  type ItemCounts,
  type ItemError,
  type ItemRow,
  type ItemStatus,
  type JournalRow,
  type Listener,
  type OpenJournal,
  type PruneOptions,
  type RecordQuery,
  type Records,
  type RowsAfter,
  type RunRow,
  type RunStatus,
  type Runs,
  type ShardCounts,
  type ShardRow,
  type Store,
  type StoreNode,
  type StoredRecord,
  type Wake,
  type WatchOptions,
  type WrittenRow,
  type WrittenRows,
} from './store/store.ts'
export {
  fitting,
  LOG_LEVELS,
  type LogLine,
  type LogPage,
  type LogQuery,
  type LogSize,
  RUN_LOG_BYTES,
  type RunLogs,
  type WrittenLine,
} from './store/run-log.ts'
export {
  ASKED_STATUSES,
  type AskedStatus,
  atLeast,
  checkFilter,
  checkQuery,
  comparePlaces,
  createBeginFit,
  createFit,
  cursorOf,
  foldCase,
  isIn,
  isWaiting,
  listOf,
  placeOf,
  RUN_SORTS,
  type RunBegin,
  type RunFilter,
  type RunPage,
  type RunPlace,
  type RunQuery,
  type RunSort,
  readCursor,
  sortValue,
  whyNoLabel,
} from './store/run-query.ts'
export {
  boundsOf,
  checkSummary,
  type RunsSummary,
  RunTally,
  type SummaryBucket,
  type SummaryQuery,
} from './store/run-summary.ts'

// --- values and errors
export type { Json, JsonObject, MaybePromise, Writable } from './json.ts'
export { jsonFault } from './run/calls/json-fault.ts'
export {
  equalJson,
  isJson,
  isPromise,
  isRecord,
  isTooDeep,
  kindOf,
  MOST_LEVELS,
  own,
  setOwn,
  whyNotJson,
} from './json.ts'
export type { CodeFacts, ErrorCode, ErrorValue, FlowErrorOptions, RetryClass } from './errors.ts'
export { codes, errorValue, FlowError, retryClass } from './errors.ts'
export { parseDuration } from './duration.ts'
export { instantOf, isDateTime } from './instant.ts'
export { type SecretsOf, secretsInBlob } from './secrets/blob-secrets.ts'
export { KnownSecrets } from './secrets/known-secrets.ts'
export { keysOf } from './secrets/own-words.ts'
export { redactEntry, redactError, redactOutcome, redactPins, redactValues } from './secrets/redact-shapes.ts'
export { MARK as redactedMark, Redactor } from './secrets/redactor.ts'
