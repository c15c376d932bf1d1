// The public names of the history: runs that are recorded, read through one door that redacts, and gone on with.

export { checkPayload, checkSignal } from './check-payload.ts'
export { editedInput } from './edited-input.ts'
export { exportRun } from './export-run.ts'
export { findRun, unknownRun } from './find-run.ts'
export type { FlowOfRun } from './flow-of-run.ts'
export { importRun, readExport } from './import-run.ts'
export { concerns } from './item-entries.ts'
export { itemsBefore } from './item-states.ts'
export type { FailureCause, ItemStanding, ListedItem } from './list-items.ts'
export { nodeList, type ShownNode } from './node-list.ts'
export { outputsOf } from './outputs-of.ts'
export { type Created, readCreated } from './read-created.ts'
export { readBlob, readInputs } from './read-stored.ts'
export type { RecordedRun } from './recorded-run.ts'
export { type Reopened, type ReopenRun, reopenRun } from './reopen-run.ts'
export {
  type DescribeOrigin,
  describeOrigin,
  findEdited,
  findRunToResume,
  type Origin,
  type TakeUp,
  takeUp,
} from './resume-run.ts'
export { type Keep, pruneRuns, Retention, type RetentionOptions } from './retention.ts'
export { eachRun, MOST_COUNTED } from './run-list.ts'
export { type LogFilter, leftOutMessage, type ShownLog } from './run-log.ts'
export { createRunReader, type RunReader } from './run-reader.ts'
export { refuseChanged } from './same-steps.ts'
export {
  type ItemNumbers,
  type ItemSummary,
  itemSummary,
  logLine,
  type RunSummary,
  summaryOf,
} from './summary.ts'
export type { EndedWait, Wait, WaitChange, WaitFold, WaitState } from './waits.ts'
