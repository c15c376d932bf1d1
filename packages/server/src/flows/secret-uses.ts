// Which flows use which secret, in their steps or for the signatures of their webhooks: of each flow the newest version.

import { secretsReadBy } from '@stepflow/engine'
import type { NamedFlows } from '@stepflow/host/named-flows'

export interface SecretUses {
  /** The names of the flows that use the secret. */
  of(secret: string): readonly string[]
}

export async function secretUses(flows: NamedFlows): Promise<SecretUses> {
  const uses = new Map<string, string[]>()
  for (const { name, read } of await flows.list()) {
    if (name === undefined || !read.plan) continue
    const signing = (read.info?.triggers ?? []).flatMap((one) => (one.type === 'webhook' ? one.secret : []))
    for (const secret of new Set([...secretsReadBy(read.plan), ...signing])) {
      const users = uses.get(secret) ?? []
      uses.set(secret, users)
      users.push(name)
    }
  }
  return { of: (secret) => uses.get(secret) ?? [] }
}
