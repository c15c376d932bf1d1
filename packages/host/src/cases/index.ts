// The public names of tests inside flows.

export { type Case, casesOf } from './cases.ts'
export { type Difference, differencesOf, mismatch, normalised } from './compare.ts'
export { type CaseResult, type RunCases, runCases, type TestedCases } from './run-cases.ts'
