// A drawing with fewer arrows, saying no less: where many steps read the input, most say so in words instead.

import { type Drawing, INPUT } from './drawing.ts'

/** Above `most` arrows from the input, only those remain that lead to shapes which nothing else leads to. */
export function declutter(drawing: Drawing, most = 12): Drawing {
  const fromInput = drawing.arrows.filter((a) => a.from === INPUT)
  if (fromInput.length <= most) return drawing
  const led = new Set(drawing.arrows.filter((a) => a.from !== INPUT).map((a) => a.to))
  const told = new Set(fromInput.map((a) => a.to).filter((to) => led.has(to)))
  return {
    ...drawing,
    shapes: drawing.shapes.map((s, i) => (told.has(i) ? { ...s, marks: [...s.marks, 'reads input'] } : s)),
    arrows: drawing.arrows.filter((a) => a.from !== INPUT || !told.has(a.to)),
  }
}
