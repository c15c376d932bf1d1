// `stepflow/client`: a client of a server, for programs and pages. Loads no engine.

export {
  type ClientOptions,
  type HttpOptions,
  type Info,
  type ItemResult,
  type ListRuns,
  type Outcome,
  type PatienceOptions,
  type ReadResults,
  type ResultOrder,
  type Run,
  type RunList,
  type SendLines,
  type StartedRun,
  type StartRun,
  StepflowClient,
} from '@stepflow/api/client'
