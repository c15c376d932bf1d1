// Which steps of a manifest others need or read, told from its texts.

import { isRecord } from '@stepflow/engine'

type Data = Record<string, unknown>

/** The ids of steps that another step needs or reads. */
export function readSteps(steps: readonly Data[]): Set<string> {
  const found = new Set<string>()
  for (const step of steps) {
    const { needs, depends_on, ...rest } = step
    for (const id of [needs, depends_on].flat()) if (typeof id === 'string') found.add(id)
    walkTexts(rest, (text) => {
      for (const [, id] of text.matchAll(/\bsteps\s*(?:\.\s*|\[\s*['"])([A-Za-z_][\w-]*)/g)) found.add(id as string)
    })
  }
  return found
}

// ---

function walkTexts(data: unknown, visit: (text: string) => void): void {
  if (typeof data === 'string') visit(data)
  else if (Array.isArray(data)) for (const item of data) walkTexts(item, visit)
  else if (isRecord(data)) for (const item of Object.values(data)) walkTexts(item, visit)
}
