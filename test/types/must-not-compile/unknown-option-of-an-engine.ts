import { createEngine, createMemoryStore } from 'stepflow'

// error: 'storage' does not exist in type 'EngineOptions'
createEngine({ storage: createMemoryStore() })
