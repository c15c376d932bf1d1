// YAML text to the document of the `yaml` package, past one fault of its parser: in a block map it leaves an empty item in
// front of every key but the first that is a flow map or list after a line break (`{ a: 1 }: x`), and then complains of it.

import type { CST, Document, LineCounter } from 'yaml'
import * as yaml from 'yaml'

export function parseDocument(
  text: string,
  lines: LineCounter,
  options: ConstructorParameters<typeof yaml.Composer>[0],
): Document.Parsed {
  const tokens = new yaml.Parser(lines.addNewLine).parse(text)
  const documents = new yaml.Composer(options).compose(mended(tokens), true, text.length)
  const [document, second] = documents as Iterable<Document.Parsed>
  if (second && document) {
    const at = second.range[0]
    document.errors.push(new yaml.YAMLParseError([at, at + 1], 'MULTIPLE_DOCS', 'more than one document'))
  }
  return document as Document.Parsed // with `forceDoc` there is always one
}

// ---

function* mended(tokens: Iterable<CST.Token>): Generator<CST.Token> {
  for (const token of tokens) {
    mend(token)
    yield token
  }
}

function mend(token: CST.Token | null | undefined): void {
  if (!token) return
  if (token.type === 'document') return mend(token.value)
  if (token.type === 'block-map') token.items = withoutEmpty(token.items)
  if (!('items' in token)) return
  for (const item of token.items) {
    mend(item.key)
    mend(item.value)
  }
}

/** What an empty item held (spaces, comments) goes to the one behind it. */
function withoutEmpty(items: CST.BlockMap['items']): CST.BlockMap['items'] {
  const kept: CST.BlockMap['items'] = []
  let start: CST.SourceToken[] = []
  items.forEach((item, i) => {
    const isEmpty = !item.key && !item.sep && !('value' in item && item.value) && i < items.length - 1
    if (isEmpty) start.push(...item.start)
    else {
      if (start.length > 0) item.start.unshift(...start)
      start = []
      kept.push(item)
    }
  })
  return kept
}
