// How wide a text will be, without a font at hand: the advances of DejaVu Sans Condensed, which the PNG is set in and which
// is at least as wide as the system fonts that a browser will take for the SVG.

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

// ---

// Of U+0020 to U+007E, in hundredths of the font size.
const regular = [
  29, 36, 41, 75, 57, 85, 70, 25, 35, 35, 45, 75, 29, 32, 29, 30, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 30, 30, 75,
  75, 75, 48, 90, 62, 62, 63, 69, 57, 52, 70, 68, 27, 27, 59, 50, 78, 67, 71, 54, 71, 63, 57, 55, 66, 62, 89, 62, 55,
  62, 35, 30, 35, 75, 45, 45, 55, 57, 49, 57, 55, 32, 57, 57, 25, 25, 52, 25, 88, 57, 55, 57, 57, 37, 47, 35, 57, 53,
  74, 53, 53, 47, 57, 30, 57, 75,
]
const bold = [
  31, 41, 47, 75, 63, 90, 78, 28, 41, 41, 47, 75, 34, 37, 34, 33, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 36, 36, 75,
  75, 75, 52, 90, 70, 69, 66, 75, 61, 61, 74, 75, 33, 33, 70, 57, 90, 75, 76, 66, 76, 69, 65, 61, 73, 70, 99, 69, 65,
  65, 41, 33, 41, 75, 45, 45, 61, 64, 53, 64, 61, 39, 64, 64, 31, 31, 60, 31, 94, 64, 62, 64, 64, 44, 54, 43, 64, 59,
  83, 58, 59, 52, 64, 33, 64, 75,
]

function advance(code: number, weight: 'regular' | 'bold'): number {
  const known = (weight === 'bold' ? bold : regular)[code - 32]
  if (known !== undefined) return known
  return code < 0x1100 ? 70 : 104
}
