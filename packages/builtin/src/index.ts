// The public names of the components that are always there.

export type { CodeOptions } from './code.ts'
export { whyNoJail } from './jail/util-linux.ts'
export { faultOfAllowed } from './net-guard.ts'
export { type BuiltinOptions, createBuiltinPlugin } from './plugin.ts'
export { paced, pacedComponent, Rate, type RateLimit, type Turns } from './rate.ts'
