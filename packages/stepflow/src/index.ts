// `stepflow` as a library: everything that a program needs to define workflows and to run them.

export {
  StepFunction,
  type ExecuteOptions,
  type ExecutionResult,
  type Status,
  type StepFunctionOptions,
} from './library/step-function.ts'
export { StepFailedError } from './library/step-failed.ts'
export { FlowError } from '@stepflow/engine'
