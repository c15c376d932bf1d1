// What filters do with numbers.

import { fail, kind, need } from './values.ts'

export function number(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return Number(value)
  return fail(`expected a number, got ${kind(need(value))}`)
}

export function decimal(source: string): number {
  return /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(source) ? Number(source) : Number.NaN
}

export function rounded(value: number, precision: number, method: unknown): number {
  const places = Math.max(-20, Math.min(20, Math.trunc(precision)))
  const scaled = Number(`${value}e${places}`)
  const moved = Number.isFinite(scaled) ? scaled : value * 10 ** places
  const whole = method === 'ceil' ? Math.ceil(moved) : method === 'floor' ? Math.floor(moved) : halfToEven(moved)
  const back = Number(`${whole}e${-places}`)
  return Number.isFinite(back) ? back : whole / 10 ** places
}

export function fileSize(bytes: number, binary: boolean): string {
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

/** As Python rounds: 2.5 to 2, 3.5 to 4. */
function halfToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}
