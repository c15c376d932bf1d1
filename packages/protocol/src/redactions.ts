// What has to be taken out of what a server writes: the secrets of the calls that it has, and of those that it has had
// lately, since a program may write of a call that has ended. Knows no secret itself.

/** Takes the secrets of one call out of a value. Calls of one run without secrets of their own share theirs. */
export type Redaction = <T>(value: T) => T

const MOST_KEPT = 512

export class Redactions {
  /** In the order of their last use. */
  readonly #kept = new Set<Redaction>()
  #latest: Redaction | undefined

  add(redaction: Redaction): void {
    if (redaction === this.#latest) return
    this.#latest = redaction
    this.#kept.delete(redaction)
    this.#kept.add(redaction)
    if (this.#kept.size <= MOST_KEPT) return
    const [oldest] = this.#kept
    this.#kept.delete(oldest as Redaction) // there are many
  }

  clean<T>(value: T): T {
    let clean = value
    for (const redaction of this.#kept) clean = redaction(clean)
    return clean
  }
}
