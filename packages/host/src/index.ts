// The public names of a process that runs flows: the configuration, the plugins it names, and the engine over them.

export type { Config, StoreConfig } from './config/config.ts'
export { loadConfig } from './config/load-config.ts'
export { readConfig } from './config/read-config.ts'
export { type CodeFlow, isCodeFile, loadCodeFlow } from './flows/code-file.ts'
export type { ListedComponent } from './plugins/catalog.ts'
export { openStore, type Wired, type WiredPlugins, type WireOptions, wire, wirePlugins } from './wire.ts'
