// The line ends of a file that is edited: what edits it works with LF, and the file keeps its own.

/** The edited text, with CRLF if all lines of `text` end so. */
export function keepingLineEnds<T extends string | undefined>(text: string, edit: (text: string) => T): T {
  if (!endsInCrlf(text)) return edit(text)
  const edited = edit(text.replaceAll('\r\n', '\n'))
  return edited?.replaceAll('\n', '\r\n') as T // undefined stays what it is
}

export function endsInCrlf(text: string): boolean {
  return text.includes('\r\n') && !/(?<!\r)\n/.test(text)
}
