// What travels between a server and its clients: shapes, each a JSON Schema with the type that is read off it.

export type { Shape, ShapeSchema } from './shape.ts'
export { type Blob, blobIdSchema, blobSchema, type NewBlob, newBlobSchema } from './shapes/blob.ts'
export {
  listedSecretSchema,
  listedSecretsSchema,
  newSecretSchema,
  newSessionSchema,
  newTokenSchema,
  type SecretList,
  sessionSchema,
  type TokenList,
  tokenListSchema,
  tokenSchema,
} from './shapes/access.ts'
export { type ComponentList, componentListSchema } from './shapes/component.ts'
export {
  addedFlowSchema,
  type CheckedFlow,
  checkedFlowSchema,
  checkFlowSchema,
  type FlowDetail,
  type FlowList,
  flowListSchema,
  flowSchema,
  newFlowSchema,
  pastInputsSchema,
  publishSchema,
  samplesSchema,
  saveFlowSchema,
  testedFlowSchema,
  testFlowSchema,
  type VersionList,
  versionListSchema,
} from './shapes/flow.ts'
export {
  type FailureList,
  failureListSchema,
  type Item,
  type ItemList,
  itemListSchema,
  itemSchema,
  itemStatuses,
  type Step,
  type StepList,
  stepListSchema,
  stepSchema,
} from './shapes/item.ts'
export { type LogLine, type LogList, logLevels, logLineSchema, logListSchema } from './shapes/log.ts'
export {
  type BulkAction,
  bulkActionSchema,
  bulkResultSchema,
  prunedSchema,
  pruneSchema,
  type Rerun,
  type RerunPreview,
  rerunPreviewSchema,
  rerunSchema,
} from './shapes/rerun.ts'
export { errorSchema, outcomeSchema, type OutcomeShape } from './shapes/outcome.ts'
export { pageProperties } from './shapes/page.ts'
export { diagnosticSchema, type Problem, problemSchema } from './shapes/problem.ts'
export {
  duration,
  reasonSchema,
  type Run,
  type RunFlow,
  type RunList,
  type RunsSummary,
  runFlowSchema,
  runListSchema,
  runsSummarySchema,
  runSchema,
  runStatuses,
  type StartedRun,
  type StartRun,
  startedRunSchema,
  startRunSchema,
  time,
  whySchema,
} from './shapes/run.ts'
export { type Wait, type WaitList, waitListSchema, waitSchema } from './shapes/wait.ts'
export {
  changeScheduleSchema,
  newScheduleSchema,
  nextTimesSchema,
  type Schedule,
  type ScheduleList,
  scheduleListSchema,
  scheduleSchema,
} from './shapes/schedule.ts'
export {
  healthSchema,
  type Info,
  infoSchema,
  type NodeList,
  nodeListSchema,
  type Role,
  roles,
} from './shapes/server.ts'
