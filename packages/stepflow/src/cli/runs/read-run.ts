// A recorded run as its journals tell it: what it was begun with, and what of it is secret. Read only.

import { FlowError, type JournalEntry, type Plan, Redactor, type RunId, type Store } from '@stepflow/engine'
import { secretValues } from '@stepflow/schema'
import type { Args, Io } from '../command.ts'
import { readSecrets } from '../read-secrets.ts'

export type Created = Extract<JournalEntry, { type: 'created' }> & { readonly plan: Plan }

/** The first entry of a run. */
export async function readCreated(store: Store, run: RunId): Promise<Created> {
  const [first] = (await store.read(`${run}/0`))[0]?.entries ?? []
  if (first?.type === 'created' && first.plan) return { ...first, plan: first.plan }
  throw new FlowError('RESOURCE_UNAVAILABLE', `the journal of run ${run} does not begin with its plan: it is damaged`)
}

/**
 * Takes out what the flow marks secret in its variables and inputs, and all secrets that this process knows: those of
 * `--secrets` and of the environment.
 */
export async function redactorOf(created: Created | undefined, args: Args, io: Io): Promise<RunRedactor> {
  const { schemas } = created?.plan ?? {}
  const redactor = new Redactor(secretValues(schemas?.variables ?? {}, created?.options?.variables ?? {}))
  for (const [name, value] of Object.entries(io.env)) if (name.startsWith('STEPFLOW_SECRET_')) redactor.add(value)
  const file = args.value('secrets')
  if (file !== undefined) for (const value of (await readSecrets(file, io.cwd)).values()) redactor.add(value)
  const schema = schemas?.input ?? {}
  return {
    value: (value) => redactor.value(value),
    sees: (inputs) => {
      for (const input of inputs) for (const secret of secretValues(schema, input)) redactor.add(secret)
    },
  }
}

export interface RunRedactor {
  value<T>(value: T): T
  /** From now on, what is secret in these inputs is taken out too. */
  sees(inputs: readonly unknown[]): void
}
