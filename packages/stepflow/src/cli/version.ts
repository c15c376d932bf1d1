// The version of this program: the build puts in the one of package.json.

declare const STEPFLOW_VERSION: string | undefined

export const version: string = typeof STEPFLOW_VERSION === 'undefined' ? '0.0.0-source' : STEPFLOW_VERSION
