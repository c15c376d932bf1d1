// Which rows of a long list are in sight: the first, and how many from there; some beside them, so that a scroll finds them.

import { type RefObject, useEffect, useState } from 'react'

/** `rowHeight` in CSS pixels; `margin`: how many more on each side. */
export function useSight(
  box: RefObject<HTMLElement | null>,
  rowHeight: number,
  margin: number,
): readonly [first: number, count: number] {
  // Before it is measured: what the window holds, so that what is measured changes nothing.
  const [sight, setSight] = useState(() => sightOf(0, window.innerHeight - AROUND, rowHeight, margin))
  useEffect(() => {
    const element = box.current
    if (!element) return
    const look = () => {
      const next = sightOf(element.scrollTop, element.clientHeight, rowHeight, margin)
      setSight((before) => (before[0] === next[0] && before[1] === next[1] ? before : next))
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

// ---

/** Head, filters and the like above a list. */
const AROUND = 160
/** Rows come and go by so many at once: a list that moves by one has not changed. */
const BLOCK = 8

function sightOf(top: number, height: number, rowHeight: number, margin: number): readonly [number, number] {
  const first = Math.max(0, Math.floor(top / rowHeight) - margin)
  const from = first - (first % BLOCK)
  const to = Math.ceil((top + Math.max(0, height)) / rowHeight) + margin
  return [from, Math.ceil((to - from) / BLOCK) * BLOCK]
}
