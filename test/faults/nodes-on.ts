// Nodes of a test file: on one database, where each test has a schema of its own.

import { afterAll, onTestFinished } from 'vitest'
import { type Network, startNetwork } from '../../packages/store-postgres/test/network.ts'
import type { PostgresServer } from '../../packages/store-postgres/test/server.ts'
import { type Cluster, createCluster, type StartedNode } from '../cluster.ts'

export interface NodesOn {
  readonly cluster: Cluster
  newSchema(): string
  /** One to the database, for one test. */
  newNetwork(): Promise<Network>
  /** A store; `port`: that of a network in between. */
  at(schema: string, port?: number): string
  serve(store: string, ...words: string[]): Promise<StartedNode>
  work(store: string, ...words: string[]): Promise<StartedNode>
}

export function nodesOn(server: PostgresServer, flows: Readonly<Record<string, string>>): NodesOn {
  const cluster = createCluster(flows)
  let schemas = 0
  afterAll(() => cluster.close())
  return {
    cluster,
    newSchema: () => `faults${schemas++}`,
    async newNetwork() {
      const network = await startNetwork(server.port)
      onTestFinished(() => network.stop())
      return network
    },
    at: (schema, port = server.port) => `${server.url.replace(`:${server.port}/`, `:${port}/`)}?schema=${schema}`,
    serve: (store, ...words) => cluster.start(['serve', '--port', '0', ...words], { store }),
    work: (store, ...words) => cluster.start(['worker', ...words], { store }),
  }
}
