// The runtime's side of the component protocol, and what it shares with other protocols that a server may speak; a server's
// side is `@stepflow/protocol/sdk`.

export { BackOff } from './back-off.ts'
export { abortable, cancelled } from './cancelled.ts'
export { startFailure } from './failure.ts'
export { pair } from './pair.ts'
export { createServerPlugin, type ServerPluginOptions } from './plugin.ts'
export { Printing } from './printing.ts'
export { Redactions } from './redactions.ts'
export { Relay } from './relay.ts'
export { SLOW_MS, SlowCalls } from './slow-calls.ts'
export { type ChildOptions, childTransport } from './stdio.ts'
export { type Answer, bytesText, MAX_MESSAGE_BYTES, type Message, RpcError, rpcCode } from './wire.ts'
export type { Closed, Transport, TransportEvents } from './transport.ts'
