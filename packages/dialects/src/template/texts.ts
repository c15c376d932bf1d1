// What filters and methods do with texts. No patterns of the template's making run here; every text made is paid for.

import { number } from './numbers.ts'
import { type Budget, fail, json, text } from './values.ts'

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
