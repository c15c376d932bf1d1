// Which rows of a long list are in sight: the first, and how many from there; some beside them, so that a scroll finds them.

import { type RefObject, useEffect, useState } from 'react'

/** `rowHeight` in CSS pixels; `margin`: how many more on each side. */
export function useSight(
  box: RefObject<HTMLElement | null>,
  rowHeight: number,
  margin: number,
): readonly [first: number, count: number] {
  const [sight, setSight] = useState<readonly [number, number]>([0, 60])
  useEffect(() => {
    const element = box.current
    if (!element) return
    const look = () => {
      const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - margin)
      const count = Math.ceil(element.clientHeight / rowHeight) + 2 * margin
      setSight((before) => (before[0] === first && before[1] === count ? before : [first, count]))
    }
    look()
    const size = new ResizeObserver(look)
    size.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      size.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [box, rowHeight, margin])
  return sight
}
