// The public names of a process that runs flows: the configuration, the plugins it names, flows out of files, and the engine
// over them. Recorded runs are an entry of their own.

export { lendNodeHash } from '@stepflow/engine/node'
export { whyNoJail } from '@stepflow/builtin'
export type { Config, StoreConfig } from './config/config.ts'
export { loadConfig } from './config/load-config.ts'
export { readConfig } from './config/read-config.ts'
export { refuseConfig } from './config/refuse-config.ts'
export type { Env } from './config/substitute.ts'
// --- another engine underneath
export { openGivenBlobs } from './blobs/open-blobs.ts'
export { loadElsewhere } from './elsewhere/load-elsewhere.ts'
export { workElsewhere } from './elsewhere/work-elsewhere.ts'
export type {
  EngineElsewhere,
  OpenElsewhere,
  RunsElsewhere,
  StartElsewhere,
  WorkElsewhere,
  WorkerElsewhere,
} from './elsewhere/port.ts'
// --- flows, and what they are run with
export { type CodeFlow, isCodeFile, loadCodeFlow } from './flows/code-file.ts'
export { checkSecrets, checkVariables } from './flows/check-given.ts'
export { type CutPlan, cutPlan } from './flows/cut-plan.ts'
export {
  type CompiledGiven,
  createFlowCompiler,
  type FlowCompiler,
  type FlowCompilerOptions,
  type GivenFlow,
} from './flows/flow-compiler.ts'
export { createFlowLoader } from './flows/flow-loader.ts'
export { flowIdOf } from './flows/flow-id.ts'
export { recordFlow, readRecordedFlow, putOverrides } from './flows/recorded-flow.ts'
export { KnownFlows } from './flows/known-flows.ts'
export { type OpenCall, type OpenedCall, openCall } from './flows/open-call.ts'
export { type OpenProject, openProject, type Project } from './flows/open-project.ts'
export { cannot, parseData, parseJson, readData, readText } from './flows/read-file.ts'
export { readSecrets } from './flows/read-secrets.ts'
export { holdsTooLarge, TOO_LARGE } from './flows/too-large.ts'
export { addVariablesFrom, unknownVariables } from './flows/variables.ts'
export { type Lines, type ReadLinesOptions, readLines } from './lines/read-lines.ts'
// --- what runs them
export { type OpenSecrets, openSecrets, type Secrets } from './secrets/secrets.ts'
export { type ServerSeat, servedAt, type TakeSeat, takeSeat } from './serving/server-seat.ts'
export { changeRecord, everyRecord } from './records.ts'
export { claimStray, ownProcess } from './plugins/in-process.ts'
export type { ListedComponent } from './plugins/catalog.ts'
export type { PluginUse } from './plugins/watched.ts'
export {
  migrateStore,
  openStore,
  type Wired,
  type WiredPlugins,
  type WireOptions,
  wire,
  wirePlugins,
} from './wire.ts'
