// The public names of named flows: of a folder and of the API, with their versions.

export type { McpTrigger, Overlap, ScheduleTrigger, Trigger, WebhookTrigger } from '@stepflow/dialects'
export { fillTemplates } from '../flows/fill-templates.ts'
export { scheduleMisfits } from '../flows/trigger-inputs.ts'
export { triggerPlace } from '../trigger-place.ts'
export { checkedFolder } from './checked-folder.ts'
export { createTextCompiler, type TextCompilerOptions } from './compile-text.ts'
export { homesIn, isFlowPath } from './flow-names.ts'
export type { FlowVersion } from './flow-versions.ts'
export type { SaveText } from './folder-flows.ts'
export { type InferredTypes, inferTypes } from './infer-types.ts'
export {
  type AddedFlow,
  type AddFlow,
  type FoundFlow,
  isFlowId,
  NamedFlows,
  type NamedFlowsOptions,
  type RunnableFlow,
  triggersOf,
  type WhichVersion,
} from './named-flows.ts'
export { type CompiledText, type CompileText, type ReadFlow, routeCode } from './read-flow.ts'
