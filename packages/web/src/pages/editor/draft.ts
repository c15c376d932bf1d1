// What somebody typed and did not save, kept in this browser until it is saved.

export interface Draft {
  readonly text: string
  /** The version that was edited. */
  readonly base: number
  readonly at: number
}

const keyOf = (name: string) => `stepflow.draft.${name}`

export function readDraft(name: string): Draft | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(name)) ?? 'null')
    const { text, base, at } = (kept ?? {}) as Partial<Draft>
    return typeof text === 'string' && typeof base === 'number' && typeof at === 'number'
      ? { text, base, at }
      : undefined
  } catch {
    return undefined
  }
}

export function keepDraft(name: string, draft: Draft): void {
  try {
    localStorage.setItem(keyOf(name), JSON.stringify(draft))
  } catch {
    // A browser that keeps nothing: what is typed is there as long as the page is.
  }
}

export function dropDraft(name: string): void {
  try {
    localStorage.removeItem(keyOf(name))
  } catch {
    // It was not kept.
  }
}
