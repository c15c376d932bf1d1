// Collects what is wrong with a source. A finding never stops the reading: all problems of a file are reported at once.

import type { Diagnostic, Level } from '@stepflow/engine'
import { suggest } from '@stepflow/engine'

/** Where we are in the document, as a chain towards its root; turned into text only for a finding. */
export interface Trail {
  readonly up: Trail | undefined
  readonly key: string | number
}

export const below = (up: Trail | undefined, key: string | number): Trail => ({ up, key })

/** `$.steps[1].input.url` */
export function trailText(trail: Trail | undefined): string {
  const parts: string[] = []
  for (let at = trail; at; at = at.up) {
    if (typeof at.key === 'number') parts.push(`[${at.key}]`)
    else parts.push(/^[^.[\]"]+$/.test(at.key) ? `.${at.key}` : `[${JSON.stringify(at.key)}]`)
  }
  return `$${parts.reverse().join('')}`
}

/** A place in the text; line 0 is "not known". */
export interface Place {
  readonly line: number
  readonly column: number
}

export interface FindingsOptions {
  readonly file?: string | undefined
  /** What would be a warning about an unknown key is an error. */
  readonly strict?: boolean | undefined
}

export class Findings {
  readonly list: Diagnostic[] = []
  readonly #file: string | undefined
  readonly #strict: boolean
  readonly #prefix: string

  constructor(options: FindingsOptions = {}, prefix = '$') {
    this.#file = options.file
    this.#strict = options.strict ?? false
    this.#prefix = prefix
  }

  /** For a document inside this one; its findings are not yet in this list. */
  inside(trail: Trail): Findings {
    return new Findings({ file: this.#file, strict: this.#strict }, this.#prefix + trailText(trail).slice(1))
  }

  add(level: Level, code: string, message: string, place?: Place, trail?: Trail, hint?: string): void {
    this.list.push({
      code,
      level,
      message,
      ...(this.#file === undefined ? {} : { file: this.#file }),
      ...(place && place.line > 0 ? { line: place.line, column: place.column } : {}),
      ...(trail ? { path: this.#prefix + trailText(trail).slice(1) } : {}),
      ...(hint === undefined ? {} : { hint }),
    })
  }

  error(code: string, message: string, place?: Place, trail?: Trail, hint?: string): void {
    this.add('error', code, message, place, trail, hint)
  }

  warning(code: string, message: string, place?: Place, trail?: Trail, hint?: string): void {
    this.add('warning', code, message, place, trail, hint)
  }

  /** A key that nobody reads: a warning, under `strict` an error. */
  unknownKey(key: string, known: Iterable<string>, owner: string, place: Place, trail: Trail): void {
    const names = [...known]
    const near = suggest(key, names)
    const where = place.line > 0 ? ` (line ${place.line})` : ''
    this.add(
      this.#strict ? 'error' : 'warning',
      'UNKNOWN_KEY',
      `unknown key "${key}" in ${owner}${where}.${near ? ` Did you mean "${near}"?` : ''}`,
      place,
      trail,
      near ? `write "${near}"` : `known keys: ${names.join(', ')}`,
    )
  }

  unknownStep(id: string, who: string, steps: Iterable<string>, place: Place, trail: Trail): void {
    const known = [...steps]
    const hint = stepsHint(known)
    const message = `${who} "${id}", which is not a step${didYouMean(id, known)}`
    this.add('fatal', 'UNDEFINED_STEP_REFERENCE', message, place, trail, hint)
  }
}

/** ` (line 7)`, or nothing for a document without lines. */
export function lineOf(place: Place): string {
  return place.line > 0 ? ` (line ${place.line})` : ''
}

/** ` Did you mean "x"?`, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const near = suggest(word, known)
  return near === undefined ? '' : `. Did you mean "${near}"?`
}

/** Names the steps there are, if they are few enough to be read. */
export function stepsHint(known: readonly string[]): string | undefined {
  return known.length > 0 && known.length <= 20 ? `steps: ${known.join(', ')}` : undefined
}
