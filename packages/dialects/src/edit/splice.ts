// The smallest changes of a text that set, take away, put in or move one value in it. Comments, order, quotes and spacing of the
// rest stay as they are; a comment right above an item of a list is about that item, and goes where it goes.

import { equalJson, FlowError, isRecord, type Json } from '@stepflow/engine'
import { afterLine, areApart, chunkStart, columnOf, lastLines, lineEnd, lineStart, startsLine } from './lines.ts'
import { type Collection, type Item, isNothing, itemOf, type Located } from './located.ts'
import type { Change } from './pieces.ts'
import { blockEntry, blockItem, blockValue, flowItem, flowKey, flowValue, jsonValue, type Manner } from './render.ts'
import type { Path } from './steps.ts'

export interface Text {
  readonly text: string
  readonly root: Located
  readonly manner: Manner
}

/** Where a value is held, and by what that is held. */
interface Holder {
  readonly holder: Collection
  readonly above?: { readonly holder: Collection; readonly item: Item }
}

/** What is missing on the way is made. */
export function set(at: Text, path: Path, value: Json): readonly Change[] {
  let here: Holder = { holder: collection(at.root, []) }
  for (const [i, key] of path.slice(0, -1).entries()) {
    const item = itemOf(here.holder, key)
    if (!item) return add(at, here, key, wrapped(path.slice(i + 1), value))
    if (isNothing(item.value)) return replace(at, here.holder, item, wrapped(path.slice(i + 1), value))
    here = { holder: collection(item.value, path.slice(0, i + 1)), above: { holder: here.holder, item } }
  }
  const key = path.at(-1)
  if (key === undefined) throw new FlowError('INVALID_INPUT', 'the whole of a text is not set; set a part of it')
  const item = itemOf(here.holder, key)
  return item ? replace(at, here.holder, item, value) : add(at, here, key, value)
}

export function unset(at: Text, path: Path): readonly Change[] {
  const { holder, above } = holderOf(at, path)
  const index = holder.items.findIndex((item, i) =>
    holder.kind === 'map' ? item.key === path.at(-1) : i === path.at(-1),
  )
  if (index < 0) throw new FlowError('NOT_FOUND', `there is no ${path.join('.')}`)
  if (holder.items.length === 1) return emptied(at, holder, above)
  const item = holder.items[index] as Item
  const next = holder.items[index + 1]
  if (holder.isFlow) {
    if (next) return [{ from: item.from, to: next.from, insert: '' }]
    return [{ from: (holder.items[index - 1] as Item).to, to: item.to, insert: '' }]
  }
  if (!startsLine(at.text, item.from)) {
    // The first key of what a dash holds: the next one moves up to the dash, unless a comment stands between them.
    const between = at.text.slice(item.to, (next as Item).from)
    return [{ from: item.from, to: between.trim() === '' ? (next as Item).from : item.to, insert: '' }]
  }
  const from = holder.kind === 'list' ? chunkStart(at.text, holder, index) : lineStart(at.text, item.from)
  if (!next) return [lastLines(at.text, from, item.to)]
  const to = afterLine(at.text, item.to)
  const start = holder.kind === 'list' ? chunkStart(at.text, holder, index + 1) : to
  return [{ from, to: at.text.slice(to, start).trim() === '' ? start : to, insert: '' }]
}

/** Before the item that is there now, or behind the last. */
export function insert(at: Text, path: Path, index: number, value: Json): readonly Change[] {
  const found = find(at, path)
  if (found === undefined || isNothing(found.value)) return set(at, path, [value])
  const holder = collection(found.value, path)
  if (holder.kind !== 'list') throw new FlowError('INVALID_INPUT', `${path.join('.')} is no list`)
  if (holder.items.length === 0 || index >= holder.items.length) {
    return add(at, { holder, ...(found.above ? { above: found.above } : {}) }, holder.items.length, value)
  }
  const before = holder.items[index] as Item
  if (holder.isFlow) {
    const text = inFlow(at, holder, before, value)
    return [{ from: before.from, to: before.from, insert: `${text},${gapBefore(at.text, before)}` }]
  }
  const column = columnOf(at.text, before.from)
  const from = chunkStart(at.text, holder, index)
  const made = itemText(at, holder, column, value)
  if (!startsLine(at.text, before.from)) {
    return [{ from, to: from, insert: `${made}\n${' '.repeat(column)}` }]
  }
  return [{ from, to: from, insert: `${' '.repeat(column)}${made}\n${areApart(at.text, holder) ? '\n' : ''}` }]
}

/** The item at `from` comes to stand at `to`. */
export function move(at: Text, path: Path, from: number, to: number): readonly Change[] {
  const holder = collection(find(at, path)?.value, path)
  const { items } = holder
  if (!items[from] || !items[to])
    throw new FlowError('NOT_FOUND', `there is no item ${items[from] ? to : from} to move`)
  if (from === to) return []
  if (holder.isFlow || !startsLine(at.text, (items[0] as Item).from)) {
    const texts = items.map((item) => at.text.slice(item.from, item.to))
    texts.splice(to, 0, ...texts.splice(from, 1))
    return items.flatMap((item, i) =>
      texts[i] === at.text.slice(item.from, item.to)
        ? []
        : [{ from: item.from, to: item.to, insert: texts[i] as string }],
    )
  }
  const start = (i: number) => chunkStart(at.text, holder, i)
  const end = (i: number) => lineEnd(at.text, (items[i] as Item).to)
  const chunk = at.text.slice(start(from), end(from))
  const last = items.length - 1
  const away =
    from < last
      ? { from: start(from), to: start(from + 1), insert: '' }
      : { from: end(from - 1), to: end(from), insert: '' }
  const apart = from < last ? at.text.slice(end(from), start(from + 1)) : at.text.slice(end(from - 1), start(from))
  const target = to > from ? to + 1 : to
  return target > last
    ? [away, { from: end(last), to: end(last), insert: apart + chunk }]
    : [away, { from: start(target), to: start(target), insert: chunk + apart }]
}

export function find(
  at: Text,
  path: Path,
): { readonly value: Located | undefined; readonly above?: Holder['above'] } | undefined {
  let value: Located | undefined = at.root
  let above: Holder['above']
  for (const [i, key] of path.entries()) {
    if (isNothing(value)) return undefined
    const holder = collection(value, path.slice(0, i))
    const item = itemOf(holder, key)
    if (!item) return undefined
    above = { holder, item }
    value = item.value
  }
  return { value, ...(above ? { above } : {}) }
}

// ---

function collection(value: Located | undefined, path: Path): Collection {
  if (value?.kind === 'list' || value?.kind === 'map') return value
  const where = path.length === 0 ? 'the text' : `"${path.join('.')}"`
  const why = value?.kind === 'opaque' ? 'stands elsewhere: an alias takes it from there' : 'holds no other values'
  throw new FlowError('INVALID_INPUT', `${where} ${why}; change it in the text`)
}

function holderOf(at: Text, path: Path): Holder {
  const found = find(at, path.slice(0, -1))
  return { holder: collection(found?.value, path.slice(0, -1)), ...(found?.above ? { above: found.above } : {}) }
}

function wrapped(path: Path, value: Json): Json {
  return path.reduceRight<Json>((inner, key) => {
    if (typeof key === 'number') throw new FlowError('NOT_FOUND', `there is no list that has an item ${key}`)
    return { [key]: inner }
  }, value)
}

function replace(at: Text, holder: Collection, item: Item, value: Json): readonly Change[] {
  const old = item.value
  const inner = old && within(at, old, value)
  if (inner) return inner
  if (holder.isFlow) {
    const text = inFlow(at, holder, item, value)
    if (old) return [{ from: old.from, to: old.to, insert: requoted(at.text, old, value) ?? text }]
    const colon = at.text[item.mark - 1] === ':' ? '' : ':'
    return [{ from: item.mark, to: item.mark, insert: `${colon} ${text}` }]
  }
  const quoted = old && requoted(at.text, old, value)
  if (old && quoted !== undefined) return [{ from: old.from, to: old.to, insert: quoted }]
  const column = columnOf(at.text, item.from)
  const made =
    holder.kind === 'list'
      ? blockItem(value, column, at.manner).slice(1)
      : blockValue(item.key ?? '', value, column, at.manner)
  const cut = made.indexOf('\n')
  const [head, rest] = cut < 0 ? [made, ''] : [made.slice(0, cut), made.slice(cut)]
  return headAndRest(at.text, item, head, rest)
}

/** What comes behind the mark, and what on the lines below: a comment between them stays where it is. */
function headAndRest(text: string, item: Item, head: string, rest: string): readonly Change[] {
  const { mark, value: old } = item
  const eol = lineEnd(text, mark)
  if (!old) return joined({ from: mark, to: mark, insert: head }, { from: eol, to: eol, insert: rest })
  const startsHere = old.from <= eol
  if (startsHere && old.kind === 'scalar' && old.style === 'block') {
    const header = mark + (/^\s*[|>][-+\d]*/.exec(text.slice(mark, eol))?.[0].length ?? 0)
    return joined({ from: mark, to: header, insert: head }, { from: eol, to: Math.max(eol, old.to), insert: rest })
  }
  const isBelow = old.kind === 'list' || old.kind === 'map' ? !old.isFlow : false
  if (startsHere && isBelow) return [{ from: mark, to: old.to, insert: head + rest }]
  if (startsHere) {
    const end = lineEnd(text, old.to)
    return joined({ from: mark, to: old.to, insert: head }, { from: end, to: end, insert: rest })
  }
  return joined({ from: mark, to: mark, insert: head }, { from: eol, to: old.to, insert: rest })
}

function joined(a: Change, b: Change): readonly Change[] {
  if (a.to === b.from) return [{ from: a.from, to: b.to, insert: a.insert + b.insert }]
  return [a, b].filter(({ from, to, insert }) => from < to || insert !== '')
}

/** Of two objects or two lists only what differs; undefined: they have too little in common. */
function within(at: Text, old: Located, value: Json): readonly Change[] | undefined {
  if (old.kind === 'scalar') return old.value === value && typeof value !== 'object' ? [] : undefined
  if (old.kind === 'opaque') return undefined
  if (old.kind === 'list' ? !Array.isArray(value) : !isRecord(value)) return undefined
  if (equalJson(jsonOf(old), value)) return []
  if (old.kind === 'list') {
    const list = value as readonly Json[]
    if (list.length !== old.items.length || list.length === 0) return undefined
    return list.flatMap((one, i) =>
      isSame(old.items[i]?.value, one) ? [] : replace(at, old, old.items[i] as Item, one),
    )
  }
  const map = value as Readonly<Record<string, Json>>
  const keys = Object.keys(map)
  const isMore = keys.some((key) => !itemOf(old, key))
  const isLess = old.items.some(({ key }) => key === undefined || !Object.hasOwn(map, key))
  if (keys.length === 0 || isMore || isLess || old.items.length !== keys.length) return undefined
  return keys.flatMap((key) => {
    const item = itemOf(old, key) as Item
    return isSame(item.value, map[key] as Json) ? [] : replace(at, old, item, map[key] as Json)
  })
}

function isSame(old: Located | undefined, value: Json): boolean {
  return old === undefined ? value === null : equalJson(jsonOf(old), value)
}

/** What is opaque is like nothing else. */
function jsonOf(value: Located | undefined): unknown {
  if (value === undefined) return null
  if (value.kind === 'scalar') return value.value
  if (value.kind === 'opaque') return undefined
  if (value.kind === 'list') return value.items.map((item) => jsonOf(item.value))
  return Object.fromEntries(value.items.map((item) => [item.key ?? '', jsonOf(item.value)]))
}

/** A text in quotes keeps them. */
function requoted(text: string, old: Located, value: Json): string | undefined {
  if (old.kind !== 'scalar' || old.style !== 'quoted' || typeof value !== 'string' || /[\n\r\t\\]/.test(value))
    return undefined
  if (text[old.from] === '"') return JSON.stringify(value)
  return `'${value.replaceAll("'", "''")}'`
}

function add(at: Text, { holder, above }: Holder, key: string | number, value: Json): readonly Change[] {
  const name = holder.kind === 'map' ? String(key) : undefined
  if (name === undefined && key !== holder.items.length) throw new FlowError('NOT_FOUND', `the list has no item ${key}`)
  const last = holder.items.at(-1)
  if (!last) return fill(at, holder, above, name, value)
  if (holder.isFlow) {
    const text = (name === undefined ? '' : `${flowKey(name, at.manner)}: `) + inFlow(at, holder, last, value)
    const gap = gapBefore(at.text, last, holder)
    const end = gap.includes('\n') ? lineEnd(at.text, last.to) : last.to
    const isComma = at.text[at.text.slice(last.to).search(/\S/) + last.to] === ','
    if (isComma || end === last.to) return [{ from: last.to, to: last.to, insert: `,${gap}${text}` }]
    return joined({ from: last.to, to: last.to, insert: ',' }, { from: end, to: end, insert: gap + text })
  }
  const column = columnOf(at.text, last.from)
  const made = name === undefined ? itemText(at, holder, column, value) : blockEntry(name, value, column, at.manner)
  const end = lineEnd(at.text, last.to)
  const apart = areApart(at.text, holder) ? '\n\n' : '\n'
  return [{ from: end, to: end, insert: `${apart}${' '.repeat(column)}${made}` }]
}

/** The first that an empty collection gets. */
function fill(
  at: Text,
  holder: Collection,
  above: Holder['above'],
  name: string | undefined,
  value: Json,
): readonly Change[] {
  const whole: Json = name === undefined ? [value] : { [name]: value }
  if (above && !above.holder.isFlow)
    return replace(at, above.holder, { ...above.item, value: { ...holder, kind: 'opaque' } }, whole)
  if (above) return [{ from: holder.from, to: holder.to, insert: inFlow(at, above.holder, above.item, whole) }]
  const text = at.manner.isJson ? jsonValue(whole, false, '', at.manner) : flowValue(whole, at.manner)
  return [{ from: holder.from, to: holder.to, insert: text }]
}

function emptied(at: Text, holder: Collection, above: Holder['above']): readonly Change[] {
  const empty = holder.kind === 'list' ? '[]' : '{}'
  if (holder.isFlow || !above) return [{ from: holder.from, to: holder.to, insert: empty }]
  return replace(at, above.holder, above.item, holder.kind === 'list' ? [] : {})
}

function itemText(at: Text, holder: Collection, column: number, value: Json): string {
  const isBraced = holder.items.every((item) => item.value?.kind === 'map' && item.value.isFlow)
  return (isBraced ? flowItem(value, at.manner) : undefined) ?? blockItem(value, column, at.manner)
}

function inFlow(at: Text, holder: Collection, beside: Item, value: Json): string {
  if (!at.manner.isJson) return flowValue(value, at.manner)
  const isOneLine = !at.text.slice(holder.from, holder.to).includes('\n')
  return jsonValue(
    value,
    isOneLine,
    /^[ \t]*/.exec(at.text.slice(lineStart(at.text, beside.from)))?.[0] ?? '',
    at.manner,
  )
}

/** What stands between two items of a collection in braces: a blank, or a new line. */
function gapBefore(text: string, item: Item, holder?: Collection): string {
  const first = holder?.items[0] ?? item
  if (!startsLine(text, first.from)) return ' '
  return `\n${text.slice(lineStart(text, first.from), first.from)}`
}
