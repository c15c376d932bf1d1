// What tests of engines, stores and plugins need: a clock that tests move by hand, the contracts as suites, simulated runs.

export { createManualClock, type ManualClock } from './manual-clock.ts'
export { type SimulationOptions, type SimulationReport, simulate } from './sim-run.ts'
export type { SuiteOptions } from './store-suite/claim.ts'
export { type OpenStore, type SuiteTools, storeSuite } from './store-suite.ts'
