// The public names of the server: what the command line needs to serve.

export { createApp } from './create-app.ts'
export { type ServedTools, type ServeToolsOptions, serveTools } from './mcp/stdio.ts'
export { DEFAULT_PORT, type ServeOptions, type StartedServer, serve } from './serve.ts'
export { type StartedWorker, type WorkOptions, work } from './work.ts'
export type { ServerConfig, Services } from './services.ts'
