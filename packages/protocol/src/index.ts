// The runtime's side of the component protocol; a server's side is `@stepflow/protocol/sdk`.

export { pair } from './pair.ts'
export { createServerPlugin, type ServerPluginOptions } from './plugin.ts'
export { type ChildOptions, childTransport } from './stdio.ts'
export type { Closed, Transport, TransportEvents } from './transport.ts'
