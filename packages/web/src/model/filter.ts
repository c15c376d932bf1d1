// The words of the filter of runs: `status:failed flow:orders label:k=v since:24h timeout`, to a query of the API and back.

export interface RunFilter {
  readonly status: readonly string[]
  readonly flow?: string
  readonly trigger?: string
  readonly kind?: string
  readonly labels: readonly string[]
  /** A duration, or an ISO time. */
  readonly since?: string
  readonly until?: string
  /** What is no word of ours: a part of an id, a name, a label or an error. */
  readonly text: string
}

export function filterOf(words: string): RunFilter {
  const filter: { -readonly [K in keyof RunFilter]: RunFilter[K] } = { status: [], labels: [], text: '' }
  const rest: string[] = []
  for (const word of words.split(/\s+/).filter(Boolean)) {
    const [, name, value = ''] = /^(status|flow|trigger|kind|label|since|until):(.*)$/.exec(word) ?? []
    if (name === undefined) rest.push(word)
    else if (value === '') continue
    else if (name === 'status') filter.status = [...filter.status, ...value.split(',').filter(Boolean)]
    else if (name === 'label') filter.labels = [...filter.labels, value]
    else filter[name as 'flow' | 'trigger' | 'kind' | 'since' | 'until'] = value
  }
  filter.text = rest.join(' ')
  return filter
}

/** What the API is asked; `now` makes a time of a duration. */
export function queryOf(filter: RunFilter, now: number): Record<string, string | readonly string[] | undefined> {
  return {
    status: filter.status.length === 0 ? undefined : filter.status.join(','),
    flow: filter.flow,
    trigger: filter.trigger,
    kind: filter.kind,
    label: filter.labels.length === 0 ? undefined : filter.labels.map((label) => label.replace('=', ':')),
    since: filter.since === undefined ? undefined : timeOf(filter.since, now),
    until: filter.until === undefined ? undefined : timeOf(filter.until, now),
    q: filter.text === '' ? undefined : filter.text,
  }
}

/** The words with one of them on or off. */
export function toggled(words: string, word: string): string {
  const all = words.split(/\s+/).filter(Boolean)
  return all.includes(word) ? all.filter((one) => one !== word).join(' ') : [...all, word].join(' ')
}

/** The words with a time of which runs are shown. */
export function within(words: string, since: string, until: string): string {
  const rest = words.split(/\s+/).filter((word) => word !== '' && !/^(since|until):/.test(word))
  return [...rest, `since:${since}`, `until:${until}`].join(' ')
}

export function hasWord(words: string, word: string): boolean {
  return words.split(/\s+/).includes(word)
}

// ---

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** `24h` before now, rounded to the minute, so that the same question is asked again within it. */
function timeOf(text: string, now: number): string {
  const [, count, unit = ''] = /^(\d+)([smhdw])$/.exec(text) ?? []
  if (count === undefined) return text
  const ms = Number(count) * (UNITS[unit] ?? 0)
  return new Date(Math.floor((now - ms) / 60_000) * 60_000).toISOString()
}
