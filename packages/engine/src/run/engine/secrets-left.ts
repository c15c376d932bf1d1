// What is secret in a run that is repeated, and would not be known to be so in the new one: by a schema, an input or variables
// that it does not have any more.

import { type RunOptions, secretsInside } from '../../journal/events.ts'
import type { JournalRow } from '../../store/store.ts'
import type { LinkedPlan } from '../link.ts'

export interface SecretsLeft {
  readonly before: { readonly linked: LinkedPlan; readonly options?: RunOptions | undefined }
  readonly next: { readonly linked: LinkedPlan; readonly variables: Readonly<Record<string, unknown>> }
  /** In place of the recorded ones. */
  readonly inputs: readonly unknown[] | undefined
}

/** To be shown each journal of the run that is repeated. */
export class LeftSecrets {
  readonly #linked: LinkedPlan
  readonly #next: LinkedPlan
  readonly #inputs: SecretsLeft['inputs']
  /** The same schema marks the same in the same inputs. */
  readonly #isSame: boolean
  readonly #left: Set<unknown>

  constructor({ before, next, inputs }: SecretsLeft) {
    const { linked, options } = before
    this.#linked = linked
    this.#next = next.linked
    this.#inputs = inputs
    this.#isSame = JSON.stringify(linked.plan.schemas?.input) === JSON.stringify(next.linked.plan.schemas?.input)
    this.#left = new Set(options?.secrets)
    const known = new Set(next.linked.checkVariables?.secretsIn?.(next.variables) ?? [])
    for (const secret of linked.checkVariables?.secretsIn?.(options?.variables ?? {}) ?? []) {
      if (!known.has(secret)) this.#left.add(secret)
    }
  }

  see(rows: readonly JournalRow[]): void {
    // What is taken over of a step is its output, not what ran inside it.
    for (const { entries } of rows) for (const secret of secretsInside(entries)) this.#left.add(secret)
    const [created] = rows[0]?.entries ?? []
    const inOld = this.#linked.checkInput?.secretsIn
    if (created?.type !== 'created' || !inOld || (this.#isSame && !this.#inputs)) return
    const inNew = this.#next.checkInput?.secretsIn
    for (const [i, input] of created.inputs.entries()) {
      const taken = this.#inputs?.[created.from + i] ?? input
      if (this.#isSame && taken === input) continue
      const own = new Set(inNew?.(taken) ?? [])
      for (const secret of inOld(input)) if (!own.has(secret)) this.#left.add(secret)
    }
  }

  get all(): readonly unknown[] {
    return [...this.#left]
  }
}
