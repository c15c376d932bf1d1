// The public names of the client of a server.

export type { AskedStatus, ItemResult, Outcome, ResultOrder, RunSort } from '@stepflow/engine'
export type { ListedSecret, NewToken, SecretList, Session, Token, TokenList } from '../shapes/access.ts'
export type { Blob } from '../shapes/blob.ts'
export type { ComponentList } from '../shapes/component.ts'
export type {
  AddedFlow,
  CheckedFlow,
  CheckFlow,
  FlowDetail,
  FlowList,
  NewFlow,
  PastInputs,
  Samples,
  SaveFlow,
  TestedFlow,
  TestFlow,
  VersionList,
} from '../shapes/flow.ts'
export type { FailureList, Item, ItemList, Step, StepList } from '../shapes/item.ts'
export type { LogLine, LogList } from '../shapes/log.ts'
export type { BulkResult, Prune, Pruned, Rerun, RerunPreview } from '../shapes/rerun.ts'
export type { Run, RunFlow, RunList, RunsSummary, StartedRun, StartRun } from '../shapes/run.ts'
export type { NewSchedule, NextTimes, Schedule, ScheduleList } from '../shapes/schedule.ts'
export type { Health, Info, NodeList } from '../shapes/server.ts'
export type { Wait, WaitList } from '../shapes/wait.ts'
export type { BulkRuns, FilterRuns, FindLogs, FindStep, FindSteps, ListItems, ListPage, ListRuns } from './asked.ts'
export {
  type ClientOptions,
  type ExportedRun,
  type ImportedRun,
  type JournalLine,
  StepflowClient,
} from './client.ts'
export type { FollowEvents, ServerEvent } from './follow-events.ts'
export type { HttpOptions } from './http.ts'
export { Patience, type PatienceOptions } from './patience.ts'
export type { SendLines } from './send-lines.ts'
export type { ReadResults } from './stream-results.ts'
