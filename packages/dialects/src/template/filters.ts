// The filters: `value | name(args)`. Jinja's, as far as they make sense for JSON; none of them runs a pattern.

import { ARGS, type Given, given } from './given.ts'
import { attributeOf, chosen, chosenBy, columns, extreme, folded, grouped, pairs, sortKeys } from './lists.ts'
import { decimal, fileSize, number, rounded } from './numbers.ts'
import {
  capitalized,
  formatted,
  padded,
  replaced,
  spaces,
  splitText,
  titled,
  trimmed,
  withoutTags,
  wrapped,
} from './texts.ts'
import {
  type Budget,
  characters,
  elements,
  fail,
  hasPairs,
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
  budget.spend(typeof value === 'string' ? 1 + value.length / 64 : 1)
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined
  if (!filter) return fail(`there is no filter "${name}"`)
  return filter(name === 'default' || name === 'd' ? value : need(value), args, budget)
}

const defaulted: Filter = (value, args) => {
  const [otherwise, alsoFalse] = args.read('default_value', '', 'boolean', false)
  return value instanceof Undefined || value === undefined || (alsoFalse === true && !isTrue(value)) ? otherwise : value
}

const length: Filter = (value, _, budget) =>
  typeof value === 'string' && !hasPairs(value) ? value.length : elements(value, budget).length

/** As Python quotes for a URL: letters, digits and `_.-~` stay. */
function urlQuoted(source: string, budget: Budget): string {
  budget.text(source.length * 9)
  return encodeURIComponent(source.replace(/\p{Surrogate}/gu, '\ufffd')).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function joinedLists(start: readonly unknown[], lists: readonly unknown[], budget: Budget): unknown[] {
  budget.spend(start.length)
  const joined = [...start]
  for (const list of lists) {
    if (!Array.isArray(list)) return fail(`sum(start=[]) adds lists, not ${kind(list)}`)
    budget.spend(list.length)
    for (const item of list) joined.push(item)
  }
  return joined
}

const escaped: Filter = (value, _, budget) => {
  const source = text(value, budget)
  budget.text(source.length * 6)
  budget.spend(source.length / 2)
  return source
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&#34;')
    .replaceAll("'", '&#39;')
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
  title: (value, _, budget) => titled(text(value, budget), budget),
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
    const all = characters(source)
    if (all.length <= most + number(leeway)) return source
    const kept = all.slice(0, Math.max(0, most - tail.length))
    const cut = typeof kept === 'string' ? kept : kept.join('')
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
    if (typeof value !== 'object' || value === null)
      return urlQuoted(text(value, budget), budget).replaceAll('%2F', '/')
    const quoted = (part: unknown) => urlQuoted(text(need(part), budget), budget).replaceAll('%20', '+')
    const list = Array.isArray(value) ? value : pairs(value, budget)
    return list
      .map((pair) => {
        if (Array.isArray(pair) && pair.length === 2) return `${quoted(pair[0])}=${quoted(pair[1])}`
        return fail(`urlencode takes a text, an object, or a list of pairs, and ${kind(pair)} is not a pair`)
      })
      .join('&')
  },
  format: (value, args, budget) => formatted(text(value, budget), args.positional, budget),
  tojson(value, args, budget) {
    const [indent] = args.read('indent', null)
    if (indent === null) return json(value, budget)
    return json(value, budget, typeof indent === 'string' ? indent : spaces(indent, budget))
  },
  fromjson(value, _, budget) {
    const source = text(value, budget)
    budget.text(source.length)
    try {
      return JSON.parse(source)
    } catch {
      return fail('fromjson got text that is not JSON')
    }
  },
  pprint: (value, _, budget) => json(value, budget, '  '),

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
    const list = elements(value, budget).map((item) => need(attributeOf(item, attribute)))
    if (Array.isArray(start)) return joinedLists(start, list, budget)
    return list.reduce<number>((sum, item) => sum + number(item), number(start))
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
    if (name === undefined) return fail("map needs a filter, such as map('upper'), or map(attribute='name')")
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
