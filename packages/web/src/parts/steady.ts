// A function that stays the same from one rendering to the next, and does what the last one says: for what is expensive to render
// again.

import { useCallback, useRef } from 'react'

export function useSteady<Words extends readonly unknown[], Answer>(
  does: (...words: Words) => Answer,
): (...words: Words) => Answer {
  const latest = useRef(does)
  latest.current = does
  return useCallback((...words) => latest.current(...words), [])
}
