// Several changes after each other as one: each is about the text that those before it have made, all of them together about
// the first.

export interface Change {
  readonly from: number
  readonly to: number
  readonly insert: string
}

/** A part of the first text, or a new one. */
type Piece = { readonly from: number; readonly to: number } | { readonly insert: string }

export class Pieces {
  readonly #first: string
  #pieces: readonly Piece[]
  #text: string

  constructor(text: string) {
    this.#first = text
    this.#text = text
    this.#pieces = [{ from: 0, to: text.length }]
  }

  get text(): string {
    return this.#text
  }

  /** Changes of the text as it is now; none touches another. */
  apply(changes: readonly Change[]): void {
    // From the end, so that the places of the others stay right; at one place in their order.
    const ordered = changes
      .map((change, i) => ({ change, i }))
      .sort((a, b) => b.change.from - a.change.from || b.i - a.i)
    for (const { change } of ordered) {
      this.#text = this.#text.slice(0, change.from) + change.insert + this.#text.slice(change.to)
      this.#pieces = [
        ...this.#between(0, change.from),
        ...(change.insert === '' ? [] : [{ insert: change.insert }]),
        ...this.#between(change.to, Number.POSITIVE_INFINITY),
      ]
    }
  }

  /** From the first text to the one of now, in the order of the text. */
  changes(): readonly Change[] {
    const changes: Change[] = []
    let at = 0
    let insert = ''
    for (const piece of [...this.#pieces, { from: this.#first.length, to: this.#first.length }]) {
      if ('insert' in piece) insert += piece.insert
      else {
        if (piece.from > at || insert !== '') changes.push(trimmed(this.#first, { from: at, to: piece.from, insert }))
        insert = ''
        at = piece.to
      }
    }
    return changes.filter(({ from, to, insert }) => from < to || insert !== '')
  }

  #between(from: number, to: number): Piece[] {
    const found: Piece[] = []
    let at = 0
    for (const piece of this.#pieces) {
      const length = 'insert' in piece ? piece.insert.length : piece.to - piece.from
      const [start, end] = [Math.max(from, at), Math.min(to, at + length)]
      if (start < end) {
        found.push(
          'insert' in piece
            ? { insert: piece.insert.slice(start - at, end - at) }
            : { from: piece.from + start - at, to: piece.from + end - at },
        )
      }
      at += length
    }
    return found
  }
}

/** The text with its changes made. */
export function changed(text: string, changes: readonly Change[]): string {
  let made = ''
  let at = 0
  for (const { from, to, insert } of changes) {
    made += text.slice(at, from) + insert
    at = to
  }
  return made + text.slice(at)
}

// ---

/** Without what it takes away and puts back at its edges. */
function trimmed(text: string, { from, to, insert }: Change): Change {
  let [start, end, left, right] = [from, to, 0, insert.length]
  while (start < end && left < right && text[start] === insert[left]) {
    start++
    left++
  }
  while (start < end && left < right && text[end - 1] === insert[right - 1]) {
    end--
    right--
  }
  return { from: start, to: end, insert: insert.slice(left, right) }
}
