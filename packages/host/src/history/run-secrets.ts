// What is secret in a recorded run, taken out of what is shown of it: what the process knows to be secret, and what the schemas
// of the run's flow mark.

import {
  type JournalEntry,
  type JournalRow,
  type Json,
  keysOf,
  type Plan,
  Redactor,
  type RunRow,
  redactValues,
  secretsInside,
} from '@stepflow/engine'
import { hideSecrets, secretPaths, secretValues } from '@stepflow/schema'
import { inputsIn } from './item-entries.ts'
import type { Created } from './read-created.ts'

/** What is secret in its variables, and in the runs from which it has values. */
export function secretsOfRun({ plan, options }: Pick<Created, 'plan' | 'options'>): readonly unknown[] {
  const schema = plan.schemas?.variables
  const ofVariables = schema === undefined ? [] : secretValues(schema, options?.variables ?? {})
  return [...ofVariables, ...(options?.secrets ?? [])]
}

/** Takes that out, and what the process knows to be secret. */
export function redactorOfRun(process: Redactor, begun: Pick<Created, 'plan' | 'options'>): Redactor {
  return new Redactor(secretsOfRun(begun), [process], () => keysOf(begun.plan))
}

/** What somebody brought, or made: labels, the message of a failure. What it was begun by is names of files, and hashes. */
export function redactRow(row: RunRow, redactor: Redactor): RunRow {
  const { labels, error } = row
  return {
    ...row,
    ...(labels ? { labels: redactValues(labels, redactor) } : {}),
    ...(error ? { error: { ...error, message: redactor.text(error.message) } } : {}),
  }
}

export class RunSecrets {
  /** Of the run, whatever its inputs are: see `redactorOfRun`. */
  readonly redactor: Redactor
  /** Is anything in its inputs marked? */
  readonly marksInputs: boolean
  readonly #schemas: NonNullable<Plan['schemas']>

  constructor(redactor: Redactor, plan: Plan | undefined) {
    this.redactor = redactor
    this.#schemas = plan?.schemas ?? {}
    const { input } = this.#schemas
    this.marksInputs = input !== undefined && secretPaths(input).length > 0
  }

  /**
   * Takes out what is secret in the run, in these inputs, and by what runs inside them, as far as the entries say it: no more,
   * or a long read would hold all there are.
   */
  redactorOf(inputs: readonly unknown[], entries: readonly JournalEntry[] = []): Redactor {
    const { input: schema } = this.#schemas
    const ofInputs =
      this.marksInputs && schema !== undefined ? inputs.flatMap((input) => secretValues(schema, input)) : []
    const secrets = [...ofInputs, ...secretsInside(entries)]
    return secrets.length === 0 ? this.redactor : new Redactor(secrets, [this.redactor])
  }

  /** Of a whole journal. */
  redactorOfRows(rows: readonly JournalRow[]): Redactor {
    return this.redactorOf(
      inputsIn(rows),
      rows.flatMap(({ entries }) => entries),
    )
  }

  /** What a schema marks is hidden in its place, whatever it is. */
  hidden(entry: JournalEntry): JournalEntry {
    if (entry.type !== 'created') return entry
    const { input, variables } = this.#schemas
    const { options } = entry
    const given = options?.variables
    return {
      ...entry,
      ...(input === undefined ? {} : { inputs: entry.inputs.map((one) => hideSecrets(input, one)) }),
      ...(variables === undefined || !given
        ? {}
        : { options: { ...options, variables: hideSecrets(variables, given) as Record<string, Json> } }), // or a mark
    }
  }
}
