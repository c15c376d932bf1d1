// One of the nodes under fire: a server with a network of its own between it and the database, which is started again after
// whatever ends it. It remembers when others might rightly take over what it had in hand.

import { type Network, startNetwork } from '../../packages/store-postgres/test/network.ts'
import type { PostgresServer } from '../../packages/store-postgres/test/server.ts'
import { type Cluster, type Node, steadyNow } from '../cluster.ts'
import { freePort } from '../free-port.ts'

export interface MemberOptions {
  readonly cluster: Cluster
  readonly server: PostgresServer
  readonly schema: string
  readonly name: string
}

/** Of what it had in hand, others may call again what was under way. */
export interface Loss {
  readonly from: number
  to: number
}

export class Member {
  readonly name: string
  readonly network: Network
  readonly losses: Loss[] = []
  /** How long it took to start, the last time. */
  startMs = 0
  readonly #options: MemberOptions
  readonly #port: number
  /** All that it has been, the last one last. */
  readonly #nodes: Node[] = []

  private constructor(options: MemberOptions, network: Network, port: number) {
    this.name = options.name
    this.#options = options
    this.network = network
    this.#port = port
  }

  static async create(options: MemberOptions): Promise<Member> {
    return new Member(options, await startNetwork(options.server.port), await freePort())
  }

  /** The same through all its lives. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get node(): Node {
    return this.#nodes.at(-1) as Node
  }

  /** What all its lives have written to stderr. */
  get said(): string {
    return this.#nodes.map((node) => node.said()).join('')
  }

  /** `environment`: what gives it another time. */
  start(environment: Readonly<Record<string, string>> = {}): Node {
    const { cluster, server, schema, name } = this.#options
    const url = server.url.replace(`:${server.port}/`, `:${this.network.port}/`)
    const words = ['serve', '--port', String(this.#port), '--name', name, '--drain', '20s']
    const before = performance.now()
    const node = cluster.begin(words, { store: `${url}?schema=${schema}`, env: environment })
    this.#nodes.push(node)
    const started = () => {
      this.startMs = performance.now() - before
    }
    node.ready.then(started, () => {})
    return node
  }

  /** Others may take over what it has in hand, until what is returned is called. */
  loses(): () => void {
    const loss: Loss = { from: steadyNow(), to: Number.POSITIVE_INFINITY }
    this.losses.push(loss)
    return () => {
      loss.to = steadyNow()
    }
  }

  async stop(): Promise<void> {
    this.network.mend()
    this.node.child.kill('SIGKILL')
    await this.node.ended
    await this.network.stop()
  }
}
