// Keeps those of several values that are present.

import { isRecord, type PureFunction, setOwn } from '@stepflow/engine'

/** `({a: [1], b: []}) => ({a: 1})`: each is a list of one or none. */
export const present: PureFunction = (lists) => {
  const found: Record<string, unknown> = {}
  if (isRecord(lists)) {
    for (const [name, list] of Object.entries(lists)) {
      if (Array.isArray(list) && list.length > 0) setOwn(found, name, list[0])
    }
  }
  return found
}
