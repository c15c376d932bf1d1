export { Metrics } from './metrics.ts'
export { Observation, type ObservationOptions, openRuns } from './observation.ts'
export type { CallAnswer, Observer } from './observer.ts'
export { openTelemetry, type Telemetry, type TelemetryOptions } from './telemetry.ts'
