// The texts of runs in columns, folded, in which a part is looked for.

import { foldCase, isIn, type RunBegin, type RunFilter } from '@stepflow/engine'

/** For each id, begin, error and label: whether what is looked for is in it. */
export interface FoundTexts {
  readonly ids: Uint8Array
  readonly begins: Uint8Array
  readonly errors: Uint8Array
  readonly labels: Uint8Array
}

/** Of runs, in one order. */
interface TextsOfRuns {
  readonly ids: readonly string[]
  readonly begins: readonly RunBegin[]
  /** Code and message, where a run failed. */
  readonly errors: readonly (readonly string[])[]
  /** Names and values. */
  readonly labels: readonly (readonly string[])[]
}

export class RunTexts {
  readonly #of: Pick<TextsOfRuns, 'errors' | 'labels'>
  readonly #ids: readonly string[]
  readonly #flows: readonly string[]
  /** Code and message, and name and value, in one text. */
  readonly #errors: readonly string[]
  readonly #labels: readonly string[]

  constructor({ ids, begins, errors, labels }: TextsOfRuns) {
    this.#of = { errors, labels }
    this.#ids = ids.map(foldCase)
    this.#flows = begins.map(({ flow = '' }) => foldCase(flow))
    this.#errors = errors.map((texts) => foldCase(texts.join('\n')))
    this.#labels = labels.map((texts) => foldCase(texts.join(':')))
  }

  /** `q` is folded and not empty; what is not shown is not found. */
  find(q: string, shown: RunFilter['shown']): FoundTexts {
    const { errors, labels } = this.#of
    const found = {
      ids: have(this.#ids, q),
      begins: have(this.#flows, q),
      errors: have(this.#errors, q),
      labels: have(this.#labels, q),
    }
    // A line may end within `q`, but not between the code and the message.
    if (shown || q.includes('\n')) {
      strike(found.errors, (i) => {
        const [code = '', message = ''] = errors[i] ?? []
        return isIn(q, code, undefined) || isIn(q, message, shown)
      })
    }
    if (shown) strike(found.labels, (i) => isIn(q, labels[i]?.join(':') ?? '', shown))
    return found
  }
}

// ---

function have(texts: readonly string[], q: string): Uint8Array {
  const found = new Uint8Array(texts.length)
  for (let i = 0; i < texts.length; i++) if ((texts[i] as string).includes(q)) found[i] = 1
  return found
}

/** Leaves those of which it is true. */
function strike(found: Uint8Array, isTrue: (index: number) => boolean): void {
  for (let i = 0; i < found.length; i++) if (found[i] === 1 && !isTrue(i)) found[i] = 0
}
