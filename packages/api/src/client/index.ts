// The public names of the client of a server.

export type { ItemResult, Outcome, ResultOrder } from '@stepflow/engine'
export type { Run, RunList, StartedRun, StartRun } from '../shapes/run.ts'
export type { Info } from '../shapes/server.ts'
export { type ClientOptions, type ListRuns, type ReadResults, type SendLines, StepflowClient } from './client.ts'
export type { HttpOptions } from './http.ts'
export { Patience, type PatienceOptions } from './patience.ts'
