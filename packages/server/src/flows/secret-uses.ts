// Which flows read which secret: of each flow the version that runs, or else the newest.

import { secretsReadBy } from '@stepflow/host'
import type { NamedFlows } from '@stepflow/host/named-flows'

export interface SecretUses {
  /** The names of the flows that read the secret. */
  of(secret: string): readonly string[]
}

export async function secretUses(flows: NamedFlows): Promise<SecretUses> {
  const uses = new Map<string, string[]>()
  for (const { name, read } of await flows.list()) {
    if (name === undefined || !read.plan) continue
    for (const secret of secretsReadBy(read.plan)) {
      const users = uses.get(secret) ?? []
      uses.set(secret, users)
      users.push(name)
    }
  }
  return { of: (secret) => uses.get(secret) ?? [] }
}
