// Texts in the columns of a terminal: how many they take, cut and broken to so many.

/** Columns that a text takes on a terminal. */
export function cells(text: string): number {
  let count = 0
  for (const char of text) count += cellsOf(char.codePointAt(0) ?? 0)
  return count
}

/** The text, cut so that it takes no more columns; `more` stands for what is left out. */
export function clip(text: string, width: number, more: string): string {
  if (cells(text) <= width) return text
  let kept = ''
  let used = cells(more)
  for (const char of text) {
    used += cellsOf(char.codePointAt(0) ?? 0)
    if (used > width) break
    kept += char
  }
  return kept + more
}

/** Broken at spaces; a word that is wider than the line is cut. */
export function wrapText(text: string, width: number, more: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ').filter(Boolean)) {
    const last = lines.at(-1)
    if (last !== undefined && cells(last) + 1 + cells(word) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(clip(word, width, more))
  }
  return lines
}

// ---

function cellsOf(code: number): number {
  if (code < 0x300) return 1
  if (code <= 0x36f || (code >= 0x200b && code <= 0x200f) || (code >= 0xfe00 && code <= 0xfe0f)) return 0
  const isWide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    code >= 0x20000
  return isWide ? 2 : 1
}
