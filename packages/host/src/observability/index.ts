export { Metrics } from './metrics.ts'
export { Observation, type ObservationOptions } from './observation.ts'
export type { CallAnswer, Observer } from './observer.ts'
