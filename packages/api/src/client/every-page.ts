// A list that comes in pages, read to its end.

import type { ListPage } from './asked.ts'

/** A page: what is listed, by its name, and where the next page begins. */
export type Paged<K extends string> = { readonly [N in K]: readonly unknown[] } & { readonly nextCursor?: string }

/** All that is listed, as one page. */
export async function everyPage<K extends string, L extends Paged<K>>(
  name: K,
  read: (page: ListPage) => Promise<L>,
): Promise<L> {
  const found: unknown[] = []
  let cursor: string | undefined
  do {
    const page = await read({ limit: MOST, cursor })
    found.push(...page[name])
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return { [name]: found } as unknown as L // of one name, and what its pages held
}

// ---

const MOST = 1000
