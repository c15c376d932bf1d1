// Writes what was measured into docs/performance.md: the lines of the rows that ran take the place of their former ones, the
// others stay, each with when it was measured and how busy the machine was.

import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'

const page = new URL('../docs/performance.md', import.meta.url)
const BEGIN = '<!-- measured by `npm run bench -- --write` -->'
const END = '<!-- end of what was measured -->'
const HEAD = ['| row | what | goal | median (range) | met | | when, load |', '|---|---|---|---|---|---|---|']

/** `measured`: by row, in the order of `rows`: its lines, and the machine's load before and after. */
export function writePage(rows, measured) {
  const text = readFileSync(page, 'utf8')
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`docs/performance.md lacks "${BEGIN}" or "${END}"`)
  const former = text.slice(from, to).split('\n')
  const lines = rows.flatMap((row) => {
    const own = measured.get(row)
    return own
      ? own.lines.map((line) => written(row, line, own))
      : former.filter((line) => line.startsWith(`| ${row} |`))
  })
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${process.platform}, Node ${process.versions.node}.`
  const body = [BEGIN, '', machine, '', ...HEAD, ...lines, '', ''].join('\n')
  writeFileSync(page, text.slice(0, from) + body + text.slice(to))
}

// ---

function written(row, { what, goal, measured, met, note }, { before, after }) {
  const when = new Date().toISOString().slice(0, 10)
  const cells = [row, what.trim(), goal, measured, met, note, `${when}, ${before.toFixed(1)} to ${after.toFixed(1)}`]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
