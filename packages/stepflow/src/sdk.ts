// `stepflow/sdk`: write a component server in TypeScript. Loads no engine.

export * from '@stepflow/protocol/sdk'
