// A mistake that public documents print: an expression behind `transform:` without quotes, often below a reference in braces.
// No YAML reader takes that. Here the text is put as it is meant, each line in its place; nothing else is guessed.

export interface Mended {
  readonly text: string
  readonly lines: readonly { readonly line: number; readonly column: number; readonly hint: string }[]
}

/** Undefined if there is no such line. `isValue`: YAML reads the text behind the colon as one value. */
export function mendTransforms(text: string, isValue: (text: string) => boolean): Mended | undefined {
  const lines = text.split('\n')
  const mended: Mended['lines'][number][] = []
  for (let i = 0; i < lines.length; i++) {
    const [, indent, expression, end] = TRANSFORM.exec(lines[i] as string) ?? []
    if (indent === undefined || expression === undefined) continue
    const braces = BRACES.exec(lines[i - 1] ?? '')
    const isBelow = braces !== null && indent.length >= (braces[1] as string).length + (braces[2] ? 1 : 0)
    if (isValue(expression) && !isBelow) continue
    const write = isValue(expression) ? expression : `'${expression.replaceAll("'", "''")}'`
    if (isBelow) {
      const [, before, key = '', inside, comment = ''] = braces
      lines[i - 1] = `${before}${key}{${inside},${comment}`
    }
    lines[i] = `${indent}transform: ${write}${isBelow ? ' }' : ''}${end}`
    const braced = isBelow ? 'remove the braces from the line above, and ' : ''
    const hint = `${braced}put the whole expression in single quotes: transform: ${write}`
    mended.push({ line: i + 1, column: indent.length + 1, hint })
  }
  return mended.length > 0 ? { text: lines.join('\n'), lines: mended } : undefined
}

// ---

const TRANSFORM = /^(\s+)transform\s*:\s+(.*?)\s*?(\r?)$/
/** A line that is one map in braces, perhaps behind its key, perhaps with a comment. */
const BRACES = /^(\s*)((?:- +)?(?:[\w$-]+|"[^"]*"):\s+|- +)?\{(.*)\}(\s*(?:#.*)?\r?)$/
