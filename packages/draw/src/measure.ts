// How wide a text will be, without a font at hand: the advances of DejaVu Sans Condensed, which the PNG is set in and which
// is at least as wide as the system fonts that a browser will take for the SVG.

import { bold, regular, type Stretch } from './advances.ts'

/** Pixels at `size`. */
export function textWidth(text: string, size: number, weight: 'regular' | 'bold' = 'regular'): number {
  let hundredths = 0
  for (const char of text) hundredths += advance(char.codePointAt(0) ?? 0, weight)
  return (hundredths * size) / 100
}

/** The text, cut with an ellipsis so that it is no wider than `width`. */
export function fitText(text: string, size: number, width: number, weight: 'regular' | 'bold' = 'regular'): string {
  if (textWidth(text, size, weight) <= width) return text
  const room = width - textWidth('…', size, weight)
  let kept = ''
  let used = 0
  for (const char of text) {
    used += textWidth(char, size, weight)
    if (used > room) break
    kept += char
  }
  return `${kept.trimEnd()}…`
}

/** False of a character that our fonts have no picture of. */
export function hasGlyph(char: string): boolean {
  decoded.regular ??= decode(regular)
  return Boolean(decoded.regular[char.codePointAt(0) ?? 0])
}

// ---

type Weight = 'regular' | 'bold'
const decoded: Partial<Record<Weight, Uint8Array>> = {}

function advance(code: number, weight: Weight): number {
  decoded[weight] ??= decode(weight === 'bold' ? bold : regular)
  return decoded[weight][code] || (code < 0x1100 ? 70 : 104)
}

/** By code point; 0 where the font has nothing. */
function decode(stretches: readonly Stretch[]): Uint8Array {
  const advances = new Uint8Array(0x10000)
  for (const { first, advances: digits } of stretches) {
    for (let i = 0; i < digits.length; i += 2) advances[first + i / 2] = Number.parseInt(digits.slice(i, i + 2), 36)
  }
  return advances
}
