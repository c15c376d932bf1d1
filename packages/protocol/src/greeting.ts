// The first words between the runtime and a server: who speaks which version, how, and with which extensions. They are said
// again if it turns out that the server listens elsewhere.

import { isRecord, own } from '@stepflow/engine'
import type { Form } from './described-runs.ts'
import type { Peer } from './peer.ts'
import {
  ALL_CAPABILITIES,
  type Capabilities,
  type MessageId,
  PROTOCOL_VERSION,
  RpcError,
  readCapabilities,
  rpcCode,
} from './wire.ts'

/** What the server has said of itself. */
export interface Greeted {
  readonly form: Form
  readonly can: Capabilities
  /** Undefined: it says none. */
  readonly version: unknown
}

export class Greeting {
  isOverHttp = false
  readonly #peer: Peer
  /** Where a server over HTTP keeps blobs. */
  readonly #blobUrl: () => Promise<string>
  /** Of the one that is not answered yet. */
  #id: MessageId | undefined

  constructor(peer: Peer, blobUrl: () => Promise<string>) {
    this.#peer = peer
    this.#blobUrl = blobUrl
  }

  async greet(): Promise<Greeted> {
    for (;;) {
      const hello = this.isOverHttp ? helloOverHttp(await this.#blobUrl()) : HELLO
      const id = this.#peer.nextId()
      this.#id = id
      try {
        const result = await this.#peer.request('initialize', hello, id)
        if (typeof own(result, 'protocolVersion') === 'string') throw new RpcError(rpcCode.malformed, OF_MCP)
        return read(result)
      } catch (error) {
        if (error instanceof RpcError && ASKS_AS_MCP.test(error.message)) {
          throw new RpcError(error.code, `${OF_MCP} (${error.message})`)
        }
        if (error !== ELSEWHERE) throw error
      } finally {
        this.#id = undefined
      }
    }
  }

  turnToHttp(): void {
    this.isOverHttp = true
    if (this.#id !== undefined) this.#peer.abandon(this.#id, ELSEWHERE)
  }
}

// ---

const OF_MCP = 'it speaks the Model Context Protocol: in the configuration its "type" is mcp'
/** What such a server misses in our greeting. */
const ASKS_AS_MCP = /"?(?:protocolVersion|clientInfo)"?/

/** What a greeting ends with that has reached nobody. */
const ELSEWHERE = Symbol('the server is elsewhere')

/** In both spellings, and with what only the oldest servers ask for: one greeting for all. */
const HELLO = {
  runtime_protocol_version: PROTOCOL_VERSION,
  runtimeProtocolVersion: PROTOCOL_VERSION,
  protocol_prefix: '$',
  capabilities: ALL_CAPABILITIES,
}

function helloOverHttp(blobApiUrl: string): unknown {
  return { ...HELLO, capabilities: { ...ALL_CAPABILITIES, blobApiUrl } }
}

function read(result: unknown): Greeted {
  return {
    form: isRecord(own(result, 'capabilities')) ? 'short' : 'long',
    can: readCapabilities(result),
    version: own(result, 'server_protocol_version') ?? own(result, 'serverProtocolVersion'),
  }
}
