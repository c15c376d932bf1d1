// Rows for people to read: a line each, in columns under their names.

import { paint, printable } from './progress/draw-tree.ts'

export function tableOf(names: readonly string[], rows: readonly (readonly string[])[], color: boolean): string {
  const shown = rows.map((row) => row.map(printable))
  const widths = names.map((name, i) => shown.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), name.length))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  return [paint(line(names), 'dim', color), ...shown.map(line)].map((text) => `${text}\n`).join('')
}
