// What tests of engines, stores and plugins need: a clock that stands still, and the contracts as suites.

export { createManualClock, type ManualClock } from './manual-clock.ts'
export { type OpenStore, type SuiteOptions, type SuiteTools, storeSuite } from './store-suite.ts'
