// Diagnostics for people: each with its place, the lines around it and what to do about it. Text in, text out.

import type { Diagnostic, Level } from '@stepflow/engine'
import { paint, printable } from './progress/draw-tree.ts'

export interface FrameOptions {
  /** The source that the line numbers are of; none: no frames. */
  readonly text?: string | undefined
  readonly color: boolean
  /** Of the terminal, if it is shown on one: lines of the source are cut there. */
  readonly columns?: number | undefined
}

/** All diagnostics, the worst first, each followed by an empty line. */
export function describeDiagnostics(diagnostics: readonly Diagnostic[], options: FrameOptions): string {
  const lines = options.text?.replace(/\s+$/, '').split(/\r?\n/)
  return inOrder(diagnostics)
    .map((one) => `${describe(one, lines, options)}\n`)
    .join('\n')
}

/** `1 error, 2 warnings`; `no problems`. */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const count = (...levels: Level[]) => diagnostics.filter((one) => levels.includes(one.level)).length
  const [errors, warnings, hints] = [count('fatal', 'error'), count('warning'), count('hint')]
  const parts = [plural(errors, 'error'), plural(warnings, 'warning'), plural(hints, 'hint')].filter(Boolean)
  return parts.join(', ') || 'no problems'
}

// ---

const RANK: Record<Level, number> = { fatal: 0, error: 1, warning: 2, hint: 3 }
const COLORS = { fatal: 'red', error: 'red', warning: 'yellow', hint: 'dim' } as const

function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort((a, b) => RANK[a.level] - RANK[b.level] || (a.line ?? 0) - (b.line ?? 0))
}

function describe(one: Diagnostic, lines: readonly string[] | undefined, { color, columns }: FrameOptions): string {
  const told = [
    `${paint(one.level === 'fatal' ? 'error' : one.level, COLORS[one.level], color)}: ${words(one.message)}`,
  ]
  const place = [one.file, one.line, one.column].filter((part) => part !== undefined).join(':')
  const where = [place, one.path && one.path !== '$' ? `(${words(one.path)})` : ''].filter(Boolean).join(' ')
  if (where) told.push(paint(`  at ${where}`, 'dim', color))
  if (lines && one.line !== undefined) told.push(...frame(lines, one, { color, columns }))
  if (one.hint) told.push(`  ${paint('hint', 'cyan', color)}: ${words(one.hint)}`)
  return told.join('\n')
}

function frame(lines: readonly string[], { line = 0, column }: Diagnostic, { color, columns }: FrameOptions): string[] {
  if (line < 1 || line > lines.length) return []
  const from = Math.max(1, line - 1)
  const to = Math.min(lines.length, line + 1)
  const width = String(to).length
  const widest = Math.max(NARROWEST, Math.min(WIDEST, (columns ?? WIDEST) - width - GUTTER))
  const told: string[] = []
  for (let n = from; n <= to; n++) {
    const text = cut(lines[n - 1] as string, n === line ? (column ?? 1) : 1, widest)
    const number = String(n).padStart(width)
    told.push(n === line ? `${paint('>', 'red', color)} ${number} | ${text.shown}` : `  ${number} | ${text.shown}`)
    if (n === line && column !== undefined) {
      told.push(
        `  ${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1 - text.from))}${paint('^', 'red', color)}`,
      )
    }
  }
  return told
}

const WIDEST = 140
const NARROWEST = 20
/** Beside the number of a line. */
const GUTTER = 6

/** A line may be a whole file: what is shown of it is around the column. */
function cut(line: string, column: number, widest: number): { shown: string; from: number } {
  const clean = line.replace(/\t/g, ' ')
  if (clean.length <= widest) return { shown: printable(clean), from: 0 }
  const from = Math.max(0, Math.min(column - (widest >> 1), clean.length - widest))
  return { shown: printable(clean.slice(from, from + widest)), from }
}

/** Messages quote the file: what they quote must not reach the terminal as commands to it. */
function words(text: string): string {
  return text.split('\n').map(printable).join('\n    ')
}

function plural(count: number, word: string): string {
  return count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`
}
