// The filters: `value | name(args)`. Jinja's, as far as they make sense for JSON; none of them runs a pattern.

import { isRecord, own, setOwn } from '@stepflow/engine'
import { ARGS, type Given, given } from './given.ts'
import { runTest } from './tests.ts'
import {
  type Budget,
  elements,
  equals,
  fail,
  groupOf,
  isPlain,
  isTrue,
  json,
  kind,
  member,
  need,
  order,
  text,
  Undefined,
} from './values.ts'

export type Filter = (value: unknown, args: Given, budget: Budget) => unknown

export function runFilter(name: string, value: unknown, args: Given, budget: Budget): unknown {
  budget.spend(1)
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined
  if (!filter) return fail(`there is no filter "${name}"`)
  return filter(name === 'default' || name === 'd' ? value : need(value), args, budget)
}

const defaulted: Filter = (value, args) => {
  const [otherwise, alsoFalse] = args.read('default_value', '', 'boolean', false)
  return value instanceof Undefined || value === undefined || (alsoFalse === true && !isTrue(value)) ? otherwise : value
}

const length: Filter = (value, _, budget) =>
  typeof value === 'string' ? [...value].length : elements(value, budget).length

const escaped: Filter = (value, _, budget) => {
  const source = text(value, budget)
  budget.text(source.length * 6)
  return source.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;' })[c] ?? '&#39;')
}

export const FILTERS: Readonly<Record<string, Filter>> = {
  default: defaulted,
  d: defaulted,
  length,
  count: length,
  escape: escaped,
  e: escaped,
  safe: (value) => value,

  // --- text
  upper: (value, _, budget) => text(value, budget).toUpperCase(),
  lower: (value, _, budget) => text(value, budget).toLowerCase(),
  capitalize: (value, _, budget) => capitalized(text(value, budget)),
  title: (value, _, budget) => titled(text(value, budget)),
  trim(value, args, budget) {
    const [chars] = args.read('chars', null)
    return trimmed(text(value, budget), chars, 'both')
  },
  string: (value, _, budget) => text(value, budget),
  replace(value, args, budget) {
    const [from, to, count] = args.read('old', ARGS.needed, 'new', ARGS.needed, 'count', null)
    return replaced(text(value, budget), text(from, budget), text(to, budget), count, budget)
  },
  split(value, args, budget) {
    const [separator] = args.read('sep', null)
    return splitText(text(value, budget), separator, budget)
  },
  lines: (value, _, budget) => splitText(text(value, budget), '\n', budget),
  join(value, args, budget) {
    const [separator, attribute] = args.read('d', '', 'attribute', null)
    const between = text(separator, budget)
    const parts = elements(value, budget).map((item) => text(need(attributeOf(item, attribute)), budget))
    budget.text(parts.reduce((sum, part) => sum + part.length + between.length, 0))
    return parts.join(between)
  },
  indent(value, args, budget) {
    const [width, first, blank] = args.read('width', 4, 'first', false, 'blank', false)
    const pad = typeof width === 'string' ? width : spaces(width, budget)
    const lines = splitText(text(value, budget), '\n', budget)
    budget.text(lines.reduce<number>((sum, line) => sum + (line as string).length + pad.length + 1, 0))
    return lines
      .map((line, i) => ((i === 0 && !isTrue(first)) || (line === '' && !isTrue(blank)) ? line : pad + line))
      .join('\n')
  },
  truncate(value, args, budget) {
    const [size, killWords, end, leeway] = args.read('length', 255, 'killwords', false, 'end', '...', 'leeway', 5)
    const source = text(value, budget)
    const [most, tail] = [number(size), text(end, budget)]
    if (source.length <= most + number(leeway)) return source
    const cut = source.slice(0, Math.max(0, most - tail.length))
    return (isTrue(killWords) ? cut : cut.slice(0, cut.lastIndexOf(' ') < 0 ? cut.length : cut.lastIndexOf(' '))) + tail
  },
  center(value, args, budget) {
    const [width] = args.read('width', 80)
    return padded(text(value, budget), width, 'both', ' ', budget)
  },
  wordcount: (value, _, budget) => splitText(text(value, budget), null, budget).length,
  wordwrap(value, args, budget) {
    const [width] = args.read('width', 79)
    return wrapped(text(value, budget), number(width), budget)
  },
  striptags(value, _, budget) {
    return withoutTags(text(value, budget)).trim()
  },
  urlencode(value, _, budget) {
    const encode = (part: unknown) => encodeURIComponent(text(part, budget)).replaceAll('%2F', '/')
    if (!isRecord(value)) return encode(value)
    return Object.keys(value)
      .map((key) => `${encodeURIComponent(key)}=${encodeURIComponent(text(own(value, key), budget))}`)
      .join('&')
  },
  format: (value, args, budget) => formatted(text(value, budget), args.positional, budget),
  tojson(value, args, budget) {
    const [indent] = args.read('indent', 0)
    return json(value, budget, Math.min(16, Math.max(0, indent === null ? 0 : number(indent))))
  },
  fromjson(value, _, budget) {
    const source = text(value, budget)
    budget.text(source.length)
    try {
      return JSON.parse(source)
    } catch {
      return fail('fromjson got text that is no JSON')
    }
  },
  pprint: (value, _, budget) => json(value, budget, 2),

  // --- numbers
  int(value, args) {
    const [otherwise, base] = args.read('default', 0, 'base', 10)
    if (typeof value === 'number') return Math.trunc(value)
    if (typeof value === 'boolean') return Number(value)
    if (typeof value !== 'string') return otherwise
    const source = value.trim()
    const parsed = base === 10 ? Math.trunc(decimal(source)) : Number.parseInt(source, number(base))
    return Number.isFinite(parsed) ? parsed : otherwise
  },
  float(value, args) {
    const [otherwise] = args.read('default', 0)
    const parsed =
      typeof value === 'string' ? decimal(value.trim()) : typeof value === 'boolean' ? Number(value) : value
    return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : otherwise
  },
  bool: (value) => isTrue(value),
  abs: (value) => Math.abs(number(value)),
  round(value, args) {
    const [precision, method] = args.read('precision', 0, 'method', 'common')
    return rounded(number(value), number(precision), method)
  },
  filesizeformat(value, args) {
    const [binary] = args.read('binary', false)
    return fileSize(number(value), isTrue(binary))
  },
  sum(value, args, budget) {
    const [attribute, start] = args.read('attribute', null, 'start', 0)
    return elements(value, budget).reduce<number>(
      (sum, item) => sum + number(need(attributeOf(item, attribute))),
      number(start),
    )
  },
  min: (value, args, budget) => extreme(value, args, budget, -1),
  max: (value, args, budget) => extreme(value, args, budget, 1),

  // --- lists
  list: (value, _, budget) => [...elements(value, budget)],
  first: (value, _, budget) =>
    elements(value, budget)[0] ?? new Undefined('there is no first element: the list is empty'),
  last: (value, _, budget) =>
    elements(value, budget).at(-1) ?? new Undefined('there is no last element: the list is empty'),
  reverse: (value, _, budget) => {
    const list = [...elements(value, budget)].reverse()
    return typeof value === 'string' ? list.join('') : list
  },
  sort(value, args, budget) {
    const [reverse, caseSensitive, attribute] = args.read('reverse', false, 'case_sensitive', false, 'attribute', null)
    const keys = elements(value, budget).map((item) => ({
      item,
      key: sortKeys(item, attribute, isTrue(caseSensitive)),
    }))
    const sign = isTrue(reverse) ? -1 : 1
    return keys.sort((a, b) => sign * order(a.key, b.key, budget)).map(({ item }) => item)
  },
  unique(value, args, budget) {
    const [caseSensitive, attribute] = args.read('case_sensitive', false, 'attribute', null)
    const seen = new Set<string>()
    return elements(value, budget).filter((item) => {
      const key = json(need(folded(attributeOf(item, attribute), isTrue(caseSensitive))), budget)
      return !seen.has(key) && seen.add(key)
    })
  },
  batch(value, args, budget) {
    const [size, fill] = args.read('linecount', ARGS.needed, 'fill_with', null)
    const list = elements(value, budget)
    const rows: unknown[][] = []
    const step = Math.max(1, Math.trunc(number(size)))
    for (let i = 0; i < list.length; i += step) rows.push(list.slice(i, i + step))
    const lastRow = rows.at(-1)
    if (fill !== null && lastRow) {
      budget.spend(step)
      while (lastRow.length < step) lastRow.push(fill)
    }
    return rows
  },
  slice(value, args, budget) {
    const [count, fill] = args.read('slices', ARGS.needed, 'fill_with', null)
    return columns(elements(value, budget), Math.max(1, Math.trunc(number(count))), fill, budget)
  },
  map(value, args, budget) {
    const list = elements(value, budget)
    const [attribute, otherwise] = [args.named.get('attribute'), args.named.get('default')]
    if (attribute !== undefined) {
      return list.map((item) => {
        const found = attributeOf(item, attribute)
        return found instanceof Undefined && otherwise !== undefined ? otherwise : need(found)
      })
    }
    const [name, ...rest] = args.positional
    return list.map((item) => runFilter(text(name, budget), item, given('map', rest, args.named), budget))
  },
  select: (value, args, budget) => chosen(value, args, budget, true),
  reject: (value, args, budget) => chosen(value, args, budget, false),
  selectattr: (value, args, budget) => chosenBy(value, args, budget, true),
  rejectattr: (value, args, budget) => chosenBy(value, args, budget, false),
  groupby(value, args, budget) {
    const [attribute, otherwise, caseSensitive] = args.read(
      'attribute',
      ARGS.needed,
      'default',
      null,
      'case_sensitive',
      false,
    )
    return grouped(elements(value, budget), attribute, otherwise, isTrue(caseSensitive), budget)
  },

  // --- objects
  items: (value, _, budget) => pairs(value, budget),
  dictsort(value, args, budget) {
    const [caseSensitive, by, reverse] = args.read('case_sensitive', false, 'by', 'key', 'reverse', false)
    const sign = isTrue(reverse) ? -1 : 1
    const at = by === 'value' ? 1 : 0
    const key = (pair: unknown[]) => folded(pair[at], isTrue(caseSensitive))
    return pairs(value, budget).sort((a, b) => sign * order(key(a), key(b), budget))
  },
  attr(value, args) {
    const [name] = args.read('name', ARGS.needed)
    return member(value, name)
  },
  xmlattr(value, _, budget) {
    return pairs(value, budget)
      .filter(([, v]) => v !== null)
      .map(([k, v]) => ` ${k}="${escaped(v, given('xmlattr', [], new Map()), budget)}"`)
      .join('')
  },
}

// --- text

export function capitalized(source: string): string {
  return source.slice(0, 1).toUpperCase() + source.slice(1).toLowerCase()
}

export function titled(source: string): string {
  return source.toLowerCase().replace(/(^|[\s\-([{<])(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase())
}

export function trimmed(source: string, chars: unknown, side: 'both' | 'left' | 'right'): string {
  if (typeof chars !== 'string')
    return side === 'both' ? source.trim() : side === 'left' ? source.trimStart() : source.trimEnd()
  const set = new Set(chars)
  let [from, to] = [0, source.length]
  if (side !== 'right') while (from < to && set.has(source[from] as string)) from++
  if (side !== 'left') while (to > from && set.has(source[to - 1] as string)) to--
  return source.slice(from, to)
}

export function splitText(
  source: string,
  separator: unknown,
  budget: Budget,
  most = Number.POSITIVE_INFINITY,
): unknown[] {
  if (separator === '') fail('cannot split at an empty text')
  budget.spend(source.length / 4)
  if (typeof separator !== 'string' && most === Number.POSITIVE_INFINITY)
    return source.split(/\s+/).filter((part) => part !== '')
  const parts: string[] = []
  const by = typeof separator === 'string' ? separator : ' '
  let at = 0
  while (parts.length < most) {
    const next = source.indexOf(by, at)
    if (next < 0) break
    parts.push(source.slice(at, next))
    at = next + by.length
  }
  return [...parts, source.slice(at)]
}

export function replaced(source: string, from: string, to: string, count: unknown, budget: Budget): string {
  const most = typeof count === 'number' && count >= 0 ? count : Number.POSITIVE_INFINITY
  if (from === '') fail('cannot replace an empty text')
  const parts = splitText(source, from, budget, most)
  budget.text(source.length + (parts.length - 1) * (to.length - from.length))
  return parts.join(to)
}

export function padded(
  source: string,
  width: unknown,
  side: 'left' | 'right' | 'both',
  fill: string,
  budget: Budget,
): string {
  const missing = Math.max(0, Math.trunc(number(width)) - source.length)
  budget.text(source.length + missing)
  const before = side === 'left' ? missing : side === 'right' ? 0 : Math.floor(missing / 2)
  return fill.repeat(before) + source + fill.repeat(missing - before)
}

/** `%s`, `%d`, `%.2f`, `%05d`, `%x`, `%%` */
export function formatted(source: string, args: readonly unknown[], budget: Budget): string {
  let next = 0
  let length = source.length
  return source.replace(
    /%(?:(%)|([-0]?)(\d{0,4})(?:\.(\d{1,2}))?([sdifrx]))/g,
    (_, percent, flag, width, digits, type) => {
      if (percent) return '%'
      if (next >= args.length) fail('format has more places than values')
      const value = args[next++]
      const part = formatOne(value, type, digits, budget)
      const made = flag === '-' ? part.padEnd(Number(width)) : part.padStart(Number(width), flag === '0' ? '0' : ' ')
      length += made.length
      budget.text(length)
      return made
    },
  )
}

function formatOne(value: unknown, type: string, digits: string | undefined, budget: Budget): string {
  if (type === 's' || type === 'r') return type === 's' ? text(value, budget) : json(value, budget)
  if (type === 'f') return number(value).toFixed(digits === undefined ? 6 : Number(digits))
  return Math.trunc(number(value)).toString(type === 'x' ? 16 : 10)
}

function spaces(width: unknown, budget: Budget): string {
  const count = Math.max(0, Math.trunc(number(width)))
  budget.text(count)
  return ' '.repeat(count)
}

function wrapped(source: string, width: number, budget: Budget): string {
  const lines: string[] = []
  for (const line of splitText(source, '\n', budget) as string[]) {
    let current = ''
    for (const word of splitText(line, ' ', budget) as string[]) {
      if (current !== '' && current.length + 1 + word.length > width) {
        lines.push(current)
        current = word
      } else current = current === '' ? word : `${current} ${word}`
    }
    lines.push(current)
  }
  return lines.join('\n')
}

/** Everything between `<` and `>` goes. */
function withoutTags(source: string): string {
  let result = ''
  let at = 0
  for (;;) {
    const open = source.indexOf('<', at)
    const close = open < 0 ? -1 : source.indexOf('>', open)
    if (close < 0) return result + source.slice(at)
    result += source.slice(at, open)
    at = close + 1
  }
}

// --- numbers

export function number(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return Number(value)
  return fail(`expected a number, got ${kind(need(value))}`)
}

function decimal(source: string): number {
  return /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(source) ? Number(source) : Number.NaN
}

function rounded(value: number, precision: number, method: unknown): number {
  const places = Math.max(-20, Math.min(20, Math.trunc(precision)))
  const scaled = Number(`${value}e${places}`)
  const moved = Number.isFinite(scaled) ? scaled : value * 10 ** places
  const whole =
    method === 'ceil'
      ? Math.ceil(moved)
      : method === 'floor'
        ? Math.floor(moved)
        : Math.sign(moved) * Math.round(Math.abs(moved))
  const back = Number(`${whole}e${-places}`)
  return Number.isFinite(back) ? back : whole / 10 ** places
}

function fileSize(bytes: number, binary: boolean): string {
  const base = binary ? 1024 : 1000
  const units = binary ? ['KiB', 'MiB', 'GiB', 'TiB'] : ['kB', 'MB', 'GB', 'TB']
  if (bytes < base) return `${bytes} Bytes`
  let value = bytes / base
  let unit = 0
  while (value >= base && unit < units.length - 1) {
    value /= base
    unit++
  }
  return `${value.toFixed(1)} ${units[unit]}`
}

function extreme(value: unknown, args: Given, budget: Budget, sign: number): unknown {
  const [caseSensitive, attribute] = args.read('case_sensitive', false, 'attribute', null)
  const list = elements(value, budget)
  if (list.length === 0) return new Undefined('the list is empty')
  const key = (item: unknown) => need(folded(attributeOf(item, attribute), isTrue(caseSensitive)))
  return list.reduce((best, item) => (order(key(item), key(best), budget) * sign > 0 ? item : best))
}

// --- lists

/** `a.b.0` of an element; the element itself without a name. */
function attributeOf(item: unknown, attribute: unknown): unknown {
  if (attribute === null || attribute === undefined) return item
  if (typeof attribute === 'number') return member(item, attribute)
  let at = item
  for (const part of String(attribute).split('.'))
    at = member(at, /^\d+$/.test(part) && Array.isArray(at) ? Number(part) : part)
  return at
}

/** Texts are compared without regard to case unless told otherwise. */
function folded(value: unknown, caseSensitive: boolean): unknown {
  return typeof value === 'string' && !caseSensitive ? value.toLowerCase() : value
}

function sortKeys(item: unknown, attribute: unknown, caseSensitive: boolean): unknown {
  if (typeof attribute !== 'string' || !attribute.includes(','))
    return need(folded(attributeOf(item, attribute), caseSensitive))
  return attribute.split(',').map((name) => need(folded(attributeOf(item, name.trim()), caseSensitive)))
}

function columns(list: unknown[], count: number, fill: unknown, budget: Budget): unknown[][] {
  budget.spend(count)
  const size = Math.floor(list.length / count)
  const longer = list.length % count
  const result: unknown[][] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    const take = size + (i < longer ? 1 : 0)
    const column = list.slice(at, at + take)
    if (fill !== null && longer > 0 && i >= longer) column.push(fill)
    result.push(column)
    at += take
  }
  return result
}

function chosen(value: unknown, args: Given, budget: Budget, wanted: boolean): unknown[] {
  const [name, ...rest] = args.positional
  return elements(value, budget).filter((item) => {
    const passes = name === undefined ? isTrue(item) : runTest(text(name, budget), item, rest, budget)
    return passes === wanted
  })
}

function chosenBy(value: unknown, args: Given, budget: Budget, wanted: boolean): unknown[] {
  const [attribute, name, ...rest] = args.positional
  return elements(value, budget).filter((item) => {
    const found = attributeOf(item, attribute)
    const isFound = !(found instanceof Undefined)
    const passes = name === undefined ? isFound && isTrue(found) : runTest(text(name, budget), found, rest, budget)
    return passes === wanted
  })
}

/** Each group is a pair, its key and its elements, that can also be read as `grouper` and `list`. */
function grouped(
  list: unknown[],
  attribute: unknown,
  otherwise: unknown,
  caseSensitive: boolean,
  budget: Budget,
): unknown[] {
  const groups: [key: unknown, items: unknown[]][] = []
  for (const item of list) {
    const found = attributeOf(item, attribute)
    const key = found instanceof Undefined && otherwise !== null ? otherwise : need(found)
    const group = groups.find(([known]) => equals(folded(known, caseSensitive), folded(key, caseSensitive), budget))
    if (group) group[1].push(item)
    else groups.push(groupOf(key, [item]))
  }
  const key = ([name]: [unknown, unknown]) => folded(name, caseSensitive)
  return groups.sort((a, b) => order(key(a), key(b), budget))
}

export function pairs(value: unknown, budget: Budget): [string, unknown][] {
  if (!isRecord(value) || !isPlain(value)) return fail(`expected an object, got ${kind(value)}`)
  const keys = Object.keys(value)
  budget.spend(keys.length)
  return keys.map((key) => [key, own(value, key)])
}

/** `dict(a=1)` and friends. */
export function dictOf(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const [key, value] of entries) setOwn(object, key, value)
  return object
}
