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
    const [, indent, behind, end] = TRANSFORM.exec(lines[i] as string) ?? []
    if (indent === undefined || behind === undefined) continue
    const [expression, remark] = splitComment(behind)
    let above = i - 1
    while (above >= 0 && NO_CONTENT.test(lines[above] as string)) above--
    const braces = BRACES.exec(lines[above] ?? '')
    const isBelow = braces !== null && indent.length >= (braces[1] as string).length + (braces[2] ? 1 : 0)
    if (isValue(expression) && !isBelow) continue
    const write = isValue(expression) ? expression : `'${expression.replaceAll("'", "''")}'`
    if (isBelow) {
      const [, before, key = '', inside, comment = ''] = braces
      lines[above] = `${before}${key}{${inside},${comment}`
    }
    lines[i] = `${indent}transform: ${write}${isBelow ? ' }' : ''}${remark}${end}`
    const braced = isBelow ? 'remove the braces from the line above, and ' : ''
    const hint = `${braced}put the whole expression in single quotes: transform: ${write}`
    mended.push({ line: i + 1, column: indent.length + 1, hint })
  }
  return mended.length > 0 ? { text: lines.join('\n'), lines: mended } : undefined
}

// ---

/** The expression, and the YAML comment behind it: what begins with a blank and a `#` outside of every text. */
function splitComment(text: string): [expression: string, comment: string] {
  const expression = CODE.exec(text)?.[0] ?? ''
  return [expression.trimEnd(), text.slice(expression.trimEnd().length)]
}

const CODE = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?!\s#).)*/
/** Empty, or a comment. */
const NO_CONTENT = /^\s*(?:#.*)?$/
const TRANSFORM = /^(\s+)transform\s*:\s+(.*?)\s*?(\r?)$/
/** A line that is one map in braces, perhaps behind its key, perhaps with a comment. */
const BRACES = /^(\s*)((?:- +)?(?:[\w$-]+|"[^"]*"):\s+|- +)?\{(.*)\}(\s*(?:#.*)?\r?)$/
