// What some rows mean to those who follow them, and the text of it. One chunk is written to many clients: what is the same for
// several of them is made into text once.

import type { Cursor, RunId, RunRow } from '@stepflow/engine'
import { eventText, type Place, placeOnly } from './sse.ts'

export const topics = ['run', 'items', 'wait', 'flow', 'entries', 'log'] as const
export type Topic = (typeof topics)[number]

/** What a client wants to hear of. */
export interface View {
  readonly topics: ReadonlySet<Topic>
  /** Absent: of all. */
  readonly run: RunId | undefined
  /** Of what happens: in one item only. */
  readonly item: number | undefined
  /** Of the runs whose events are sent. */
  readonly isAskedFor: (row: RunRow) => boolean
  /** The same for all who see the same. */
  readonly key: string
}

/** Something that happened: it comes once. */
export interface Happening {
  readonly topic: 'wait' | 'entries' | 'log'
  readonly run: RunId
  /** Undefined if there is nothing of that item in it. */
  readonly data: (item: number | undefined) => unknown
}

/** What happened in one row, and where the order stands after it. */
export interface HappenedRow {
  readonly cursor: Cursor
  readonly happenings: readonly Happening[]
}

/** How a run stands: the last one counts. */
export interface StandingRun {
  readonly row: RunRow
  readonly summary: unknown
  readonly items: readonly (readonly [number, number])[]
}

export interface ChunkParts {
  /** Before the first row. */
  readonly start: Cursor
  readonly rows: readonly HappenedRow[]
  /** After the last. */
  readonly end: Cursor
  readonly standing: ReadonlyMap<RunId, StandingRun>
}

/** The longest text that is written at once. */
const MOST_CHARACTERS = 64 * 1024

export class Chunk {
  readonly #parts: ChunkParts
  readonly #known = new Map<string, readonly string[]>()

  constructor(parts: ChunkParts) {
    this.#parts = parts
  }

  get end(): Cursor {
    return this.#parts.end
  }

  /** How many rows there are up to that place; undefined if it is none in here. */
  rowsUpTo(cursor: Cursor): number | undefined {
    if (cursor === this.#parts.start) return 0
    const index = this.#parts.rows.findIndex((row) => row.cursor === cursor)
    return index < 0 ? undefined : index + 1
  }

  /** In pieces. `from`: without the first rows; `skip`: without the first happenings of the next one. */
  texts(view: View, from = 0, skip = 0): readonly string[] {
    if (from > 0 || skip > 0) return this.#write(view, from, skip)
    const known = this.#known.get(view.key) ?? this.#write(view, 0, 0)
    this.#known.set(view.key, known)
    return known
  }

  #write(view: View, from: number, skip: number): readonly string[] {
    const { rows, start, end } = this.#parts
    const pieces = new Pieces()
    for (let index = from; index < rows.length; index++) {
      const before = index === 0 ? start : (rows[index - 1] as HappenedRow).cursor
      this.#writeRow(view, rows[index] as HappenedRow, before, index === from ? skip : 0, pieces)
    }
    for (const text of standingTexts(view, this.#parts.standing, { cursor: end, owesState: false })) pieces.add(text)
    return pieces.all()
  }

  /** Whoever goes on from the place of one of them gets those behind it. */
  #writeRow(view: View, { cursor, happenings }: HappenedRow, before: Cursor, skip: number, pieces: Pieces): void {
    const seen: [Happening['topic'], unknown][] = []
    for (const { topic, run, data } of happenings) {
      const row = this.#parts.standing.get(run)?.row
      if (!view.topics.has(topic) || !row || !view.isAskedFor(row)) continue
      const shown = data(view.item)
      if (shown !== undefined) seen.push([topic, shown])
    }
    for (let index = skip; index < seen.length; index++) {
      const [topic, data] = seen[index] as (typeof seen)[number]
      const isLast = index === seen.length - 1
      const place = isLast ? { cursor, owesState: true } : { cursor: before, owesState: true, done: index + 1 }
      pieces.add(eventText(topic, data, place))
    }
  }
}

/** The last of them has the place. */
export function standingTexts(view: View, standing: ReadonlyMap<RunId, StandingRun>, place: Place): string[] {
  const texts: string[] = []
  for (const [run, { row, summary, items }] of standing) {
    if (!view.isAskedFor(row)) continue
    if (items.length > 0 && view.topics.has('items')) {
      texts.push(eventText('items', view.run === undefined ? { runId: run, items } : items))
    }
    if (view.topics.has('run')) texts.push(eventText('run', summary))
  }
  const last = texts.pop()
  return [...texts, last === undefined ? placeOnly(place) : `id: ${place.cursor}\n${last}`]
}

// ---

class Pieces {
  readonly #done: string[] = []
  #open = ''

  add(text: string): void {
    if (this.#open.length + text.length > MOST_CHARACTERS && this.#open !== '') {
      this.#done.push(this.#open)
      this.#open = ''
    }
    this.#open += text
  }

  all(): readonly string[] {
    return this.#open === '' ? this.#done : [...this.#done, this.#open]
  }
}
