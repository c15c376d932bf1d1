// The public names of the front ends: text in, plan out.

export { type Compiled, type CompileOptions, compile, compileValue } from './compile.ts'
export { type Conversion, convert } from './convert/convert.ts'
export { functions } from './functions/index.ts'
// --- reading any file that a person writes
export { type Edit, editSource } from './source/edit.ts'
export {
  type Entry,
  entryOf,
  get,
  type ListNode,
  type MapNode,
  type Node,
  type ScalarNode,
  textOf,
  toJson,
} from './source/node.ts'
export { readSource, type Source, type SourceOptions } from './source/read.ts'
export type { FlowInfo, StepInfo } from './stepflow/info.ts'
// --- the code front end
export { checkDefinition } from './code/check.ts'
export {
  type CompiledStepFunction,
  compileStepFunction,
  type Inside,
  type Part,
  type Place,
  resultsOf,
  sketchStepFunction,
} from './code/compile.ts'
export {
  type Branch,
  DEFINITION,
  type Definition,
  defineStep,
  defineSubStep,
  insideOf,
  isStepFunction,
  revisionOf,
  type StepDefinition,
  type StepFn,
  type StepOptions,
  type StepSettings,
  type StepTask,
  type StepWork,
  type SubStepFunction,
} from './code/definition.ts'
export {
  checkKeys,
  type Duration,
  type RetryOptions,
  readCount,
  readDuration,
  readName,
  readRetry,
  shown,
  unknownKeys,
  wrong,
} from './code/options.ts'
export { type Functions, readSpec, type StepFunctionSpec, type StepSpec, writeSpec } from './code/spec.ts'
