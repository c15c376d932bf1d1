// What stands for a secret in a workflow: a word that nobody outside of it can make, so that it is in the history and the
// secret is not. The worker that calls puts the secret in its place, and takes it out of what comes back.

import { uuid4 } from '@temporalio/workflow'

export class SecretReferences {
  /** The same in all executions of a run. */
  readonly mark: string
  readonly #asked = new Set<string>()
  /** By name: the secret itself where the worker gives it away, else empty. */
  readonly #there = new Map<string, string>()

  constructor(mark = `stepflow-secret:${uuid4()}:`) {
    this.mark = mark
  }

  isAsked(name: string): boolean {
    return this.#asked.has(name)
  }

  /** `there`: those that the worker has, of those that it was asked for. */
  add(asked: readonly string[], there: Readonly<Record<string, string>>): void {
    for (const name of asked) this.#asked.add(name)
    for (const [name, secret] of Object.entries(there)) this.#there.set(name, secret)
  }

  /** Undefined if no worker has it. */
  readonly get = (name: string): string | undefined => {
    const secret = this.#there.get(name)
    return secret === '' ? this.#of(name) : secret
  }

  /** Name -> reference, of those that are found in a value; undefined if there is none. */
  foundIn(value: unknown): Record<string, string> | undefined {
    if (this.#there.size === 0) return undefined
    const text = JSON.stringify(value) ?? ''
    if (!text.includes(this.mark)) return undefined
    const found: Record<string, string> = {}
    for (const name of this.#there.keys()) if (text.includes(this.#of(name))) found[name] = this.#of(name)
    return found
  }

  /** References that came from outside are none: only the flow refers to secrets. */
  without(value: unknown): unknown {
    if (this.#there.size === 0) return value
    const text = JSON.stringify(value) ?? 'null'
    return text.includes(this.mark) ? JSON.parse(text.replaceAll(this.mark, '[redacted]')) : value
  }

  #of(name: string): string {
    return `${this.mark}${name};`
  }
}
