// The public names of the inference, an entry of their own: whoever runs flows does not need them.

export { type Annotations, annotate, declaredSteps } from './annotate.ts'
export { type InferredSchemas, inferSchemas } from './infer-schemas.ts'
export { checkFlow, type TypeCheckOptions, typeCheck } from './type-check.ts'
export type { InfoOf, TypeFlow, TypeFlowOptions } from './type-flow.ts'
