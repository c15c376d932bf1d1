// Writes results into the `test.cases` of a flow's text. Only the outputs change: every other character stays.

import type { Pair, ParsedNode, YAMLMap } from 'yaml'

/** The text with the outputs of these cases (by position) replaced or added. Undefined if the cases cannot be found in it. */
export async function updateOutputs(text: string, outputs: ReadonlyMap<number, unknown>): Promise<string | undefined> {
  const [yaml, { keepingLineEnds }] = await Promise.all([import('yaml'), import('@stepflow/dialects')])
  return keepingLineEnds(text, (lines) => updated(yaml, lines, outputs))
}

// ---

function updated(
  { Document, isCollection, isMap, isSeq, parseDocument, stringify }: typeof import('yaml'),
  text: string,
  outputs: ReadonlyMap<number, unknown>,
): string | undefined {
  const document = parseDocument(text, { schema: 'core', keepSourceTokens: true })
  if (document.errors.length > 0) return undefined
  const cases = document.getIn(['test', 'cases'])
  if (!isSeq(cases)) return undefined
  const indent = indentOf(text)
  const edits: Edit[] = []
  for (const [index, value] of outputs) {
    const one = cases.items[index]
    if (!isMap(one)) return undefined
    const map = one as YAMLMap.Parsed
    const pair = map.items.find((item) => (item.key as { value?: unknown }).value === 'output')
    const inBraces = () => {
      const document = new Document(value, { schema: 'core', aliasDuplicateObjects: false })
      if (isCollection(document.contents)) document.contents.flow = true
      const written = document.toString({ lineWidth: 0 }).trimEnd()
      return written.includes('\n') ? JSON.stringify(value) : written
    }
    const isOneLine = !text.slice(map.range[0], map.range[1]).includes('\n')
    const isJson = text[map.items[0]?.key.range[0] ?? 0] === '"'
    const write: Write = map.flow
      ? isOneLine && !isJson
        ? () => ` ${inBraces()}`
        : (column) => jsonAt(value, isOneLine, column, indent)
      : (column) => yamlAt(stringify(value, { lineWidth: 0, indent: indent.length, schema: 'core' }), column, indent)
    edits.push(pair ? replaceValue(text, pair, write, map.flow === true) : addPair(text, map, write))
  }
  // From the end, so that the places of the others stay right.
  return edits
    .sort((a, b) => b.from - a.from)
    .reduce((t, { from, to, by }) => t.slice(0, from) + by + t.slice(to), text)
}

interface Edit {
  readonly from: number
  readonly to: number
  readonly by: string
}

/** The value as it stands behind its key's colon; `column`: how far the key is indented. */
type Write = (column: number) => string

function replaceValue(text: string, pair: Pair<ParsedNode, ParsedNode | null>, write: Write, isFlow: boolean): Edit {
  const [keyStart, keyEnd] = pair.key.range
  const colon = text.indexOf(':', keyEnd)
  const valueEnd = pair.value ? Math.max(pair.value.range[1], colon + 1) : colon + 1
  // A block scalar ends behind its line break, which is not ours to take.
  let to = valueEnd
  while (!isFlow && to > colon + 1 && /\s/.test(text[to - 1] as string)) to--
  return { from: colon + 1, to, by: write(columnOf(text, keyStart)) }
}

function addPair(text: string, map: YAMLMap.Parsed, write: Write): Edit {
  const last = map.items.at(-1) as Pair<ParsedNode, ParsedNode | null>
  const first = map.items[0] as Pair<ParsedNode, ParsedNode | null>
  const column = columnOf(text, first.key.range[0])
  let end = Math.max(last.key.range[1], last.value?.range[1] ?? 0)
  if (last.value === null) end = Math.max(end, text.indexOf(':', last.key.range[1]) + 1)
  while (end > 0 && /\s/.test(text[end - 1] as string)) end--
  if (map.flow) {
    const isJson = text[first.key.range[0]] === '"'
    const key = isJson ? '"output"' : 'output'
    const startsLine = text.slice(0, first.key.range[0]).split('\n').at(-1)?.trim() === ''
    const gap = startsLine ? `\n${' '.repeat(column)}` : ' '
    return { from: end, to: end, by: `,${gap}${key}:${write(column)}` }
  }
  // A comment behind the last value belongs to that line.
  const lineEnd = text.indexOf('\n', end)
  const rest = text.slice(end, lineEnd < 0 ? text.length : lineEnd)
  if (/^\s+#/.test(rest)) end += rest.length
  return { from: end, to: end, by: `\n${' '.repeat(column)}output:${write(column)}` }
}

function yamlAt(yaml: string, column: number, indent: string): string {
  const lines = yaml.trimEnd().split('\n')
  const isInline = lines.length === 1 && !/^([\w"'$-]+:(\s|$)|- )/.test(lines[0] as string)
  if (isInline) return ` ${lines[0]}`
  const margin = ' '.repeat(column) + indent
  return `\n${lines.map((line) => (line === '' ? '' : margin + line)).join('\n')}`
}

function jsonAt(value: unknown, isOneLine: boolean, column: number, indent: string): string {
  const lines = (isOneLine ? JSON.stringify(value) : JSON.stringify(value, null, indent)).split('\n')
  return ` ${lines.map((line, i) => (i === 0 ? line : ' '.repeat(column) + line)).join('\n')}`
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1)
}

/** The first indentation in the file: two blanks if there is none. */
function indentOf(text: string): string {
  return ' '.repeat(Math.min(8, /^( +)\S/m.exec(text)?.[1]?.length ?? 2))
}
