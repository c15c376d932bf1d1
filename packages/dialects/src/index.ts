// The public names of the front ends: text in, plan out.

export { type Compiled, type CompileOptions, compile, compileValue } from './compile.ts'
export { type Conversion, convert } from './convert/convert.ts'
export { isManifest } from './detect.ts'
// --- changing a text by what happens to its data
export { type Edit, editSource } from './edit/edit-source.ts'
export { withLf, withLineEndsOf } from './edit/line-ends.ts'
export { stretchesOf } from './edit/matched-lines.ts'
export { idOf, pathOfStep, stepsOf, valueAt } from './edit/steps.ts'
export { functions } from './functions/index.ts'
export { pathText } from './paths.ts'
// --- reading any file that a person writes
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
export type { McpTrigger, Overlap, ScheduleTrigger, Trigger, WebhookTrigger } from './stepflow/triggers.ts'
