// How numbers, sizes, durations and times are written: the same for every reader, whatever the locale.

/** `412 ms`, `8.3 s`, `3 m 12 s`, `2 h 05 m`, `3 d 4 h`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`
  const hours = Math.round(ms / 3_600_000)
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** `12,480` */
export function countText(count: number): string {
  return count.toLocaleString('en-US')
}

/** `1.4 MiB` */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let size = bytes / 1024
  let unit = 0
  while (size >= 1023.95 && unit < units.length - 1) {
    size /= 1024
    unit++
  }
  return `${size.toFixed(1)} ${units[unit]}`
}

/** `6 min ago`, `in 2 h`, `now`. */
export function agoText(at: number, now: number): string {
  const ms = now - at
  const size = Math.abs(ms)
  if (size < 5_000) return 'now'
  const text =
    size < 60_000
      ? `${Math.round(size / 1000)} s`
      : size < 3_600_000
        ? `${Math.floor(size / 60_000)} min`
        : size < 86_400_000
          ? `${Math.floor(size / 3_600_000)} h`
          : `${Math.floor(size / 86_400_000)} d`
  return ms < 0 ? `in ${text}` : `${text} ago`
}

/** `29 Nov 14:03:07 CET` */
export function timeText(at: number, zone: 'local' | 'utc' = 'local'): string {
  const options = zone === 'utc' ? { timeZone: 'UTC' } : {}
  const parts = new Intl.DateTimeFormat('en-GB', {
    ...options,
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).formatToParts(at)
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? ''
  return `${of('day')} ${of('month')} ${of('hour')}:${of('minute')}:${of('second')} ${of('timeZoneName')}`
}

/** `14:03:07` */
export function clockText(at: number, zone: 'local' | 'utc' = 'local'): string {
  return new Date(at).toLocaleTimeString('en-GB', zone === 'utc' ? { timeZone: 'UTC' } : {})
}

/** A long name without its middle. */
export function middleCut(text: string, most: number): string {
  if (text.length <= most) return text
  const head = Math.ceil((most - 1) / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`
}

/** The eight characters by which an id is known in lists. */
export function shortId(id: string): string {
  const [, prefix = '', rest = id] = /^([a-z]+_)?(.*)$/.exec(id) ?? []
  return rest.length <= 8 ? id : `${prefix}${rest.slice(-8)}`
}

// ---

function two(n: number): string {
  return String(n).padStart(2, '0')
}
