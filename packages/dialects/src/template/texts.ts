// What filters and methods do with texts. No patterns of the template's making run here; every text made is paid for.

import { number } from './numbers.ts'
import { type Budget, characters, fail, json, text } from './values.ts'

export function capitalized(source: string): string {
  return source.slice(0, 1).toUpperCase() + source.slice(1).toLowerCase()
}

export function titled(source: string, budget: Budget): string {
  budget.spend(source.length)
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
  budget.spend(source.length * 0.6)
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
  const missing = Math.max(0, Math.trunc(number(width)) - characters(source).length)
  budget.text(source.length + missing)
  const before = side === 'left' ? missing : side === 'right' ? 0 : Math.floor(missing / 2)
  return fill.repeat(before) + source + fill.repeat(missing - before)
}

/** `%s`, `%d`, `%.2f`, `%05d`, `%x`, `%%`; what is none of these is an error, for it would be printed as it stands. */
export function formatted(source: string, args: readonly unknown[], budget: Budget): string {
  // All places are found before the first is filled.
  budget.spend(source.length)
  let next = 0
  let length = source.length
  return source.replace(
    /%(?:(%)|([-+0]?)(\d{0,4})(?:\.(\d{1,2}))?([sdifrxeg])|(.{0,8}))/gs,
    (_, percent, flag, width, digits, type, unknown) => {
      if (percent) return '%'
      if (type === undefined) fail(`format does not know "%${unknown}"; it knows %s, %r, %d, %.2f, %e, %g, %x and %%`)
      if (next >= args.length) fail('format has more places than values')
      const made = placed(args[next++], { flag, width: Number(width), digits, type }, budget)
      length += made.length
      budget.text(length)
      return made
    },
  )
}

/** The part behind the colon of `"{:>8.2f}".format(x)`: fill, side, sign, width, thousands, digits, type. */
export function formattedBy(spec: string, value: unknown, budget: Budget): string {
  const match = /^(?:(.?)([<>^]))?(\+?)(0?)(\d{0,4})(,?)(?:\.(\d{1,2}))?([sdfxeg%]?)$/su.exec(spec)
  if (!match) return fail(`format does not know ":${spec.slice(0, 20)}"; it knows such as :>8, :05d, :.2f, :, and :.1%`)
  const [, fill = ' ', side, sign, zero, width, thousands, digits, kindOfValue] = match as unknown as string[]
  const type = kindOfValue || (typeof value === 'number' ? (digits === undefined ? '' : 'g') : 's')
  const scaled = type === '%' ? number(value) * 100 : value
  const plain = formatOne(scaled, type === '%' ? 'f' : type || 'r', digits, budget)
  const grouped = thousands ? plain.replace(/\d(?=(\d{3})+(?!\d))(?<!\.\d*)/g, '$&,') : plain
  const signed = (sign && number(scaled) >= 0 ? '+' : '') + grouped + (type === '%' ? '%' : '')
  const wide = Number(width)
  if (zero) return padStart(signed, wide, '0')
  const fills = fill || ' '
  const missing = Math.max(0, wide - characters(signed).length)
  const before =
    side === '^' ? Math.floor(missing / 2) : (side ?? (typeof value === 'number' ? '>' : '<')) === '>' ? missing : 0
  return fills.repeat(before) + signed + fills.repeat(missing - before)
}

interface Place {
  readonly flag: string
  readonly width: number
  readonly digits: string | undefined
  readonly type: string
}

function placed(value: unknown, { flag, width, digits, type }: Place, budget: Budget): string {
  const part = formatOne(value, type, digits, budget)
  const signed = flag === '+' && number(value) >= 0 ? `+${part}` : part
  if (flag === '-') return signed.padEnd(width)
  return flag === '0' ? padStart(signed, width, '0') : signed.padStart(width)
}

/** Zeros stand behind the sign. */
function padStart(source: string, width: number, fill: string): string {
  const sign = /^[-+]/.test(source) ? (source[0] as string) : ''
  return sign + source.slice(sign.length).padStart(width - sign.length, fill)
}

function formatOne(value: unknown, type: string, digits: string | undefined, budget: Budget): string {
  const places = digits === undefined ? 6 : Number(digits)
  switch (type) {
    case 's': {
      const source = text(value, budget)
      return digits === undefined ? source : source.slice(0, places)
    }
    case 'r':
      return json(value, budget)
    case 'f':
      return number(value).toFixed(places)
    case 'e':
      return number(value)
        .toExponential(places)
        .replace(/e([-+])(\d)$/, 'e$10$2')
    case 'g':
      return String(Number(number(value).toPrecision(Math.max(1, places))))
    default:
      return Math.trunc(number(value)).toString(type === 'x' ? 16 : 10)
  }
}

export function spaces(width: unknown, budget: Budget): string {
  const count = Math.max(0, Math.trunc(number(width)))
  budget.text(count)
  return ' '.repeat(count)
}

export function wrapped(source: string, width: number, budget: Budget): string {
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
export function withoutTags(source: string): string {
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
