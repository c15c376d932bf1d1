// Rounds, medians and the table. A subject and its floor take turns in one process or as children of one process: what
// else the machine does meets both. Nobody calls the garbage collector between rounds: it would throw away what V8 has
// learned, and make everything three times slower than it is.

/** Runs `floor` and `subject` in turn; each answers what it took. The first round of each is for warming up. */
export async function takeTurns(floor, subject, { rounds = 7, warmUps = 1 } = {}) {
  const floors = []
  const subjects = []
  for (let round = -warmUps; round < rounds; round++) {
    // Whoever goes second finds the caches as the other left them: they swap.
    const isSwapped = round % 2 !== 0
    const first = await (isSwapped ? subject : floor)(round)
    const second = await (isSwapped ? floor : subject)(round)
    if (round < 0) continue
    floors.push(isSwapped ? second : first)
    subjects.push(isSwapped ? first : second)
  }
  return { floors, subjects, ratios: subjects.map((value, i) => value / floors[i]) }
}

/** Milliseconds. */
export async function timed(action) {
  const start = performance.now()
  await action()
  return performance.now() - start
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** So large a part of them is no larger: 0.95 for all but a twentieth. Of none: no number, which meets no goal. */
export function percentile(values, part) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN
}

/** One line of the table. `limit`: the largest value that meets the goal; without one it is for information. */
export function line({ what, goal, limit, values, unit = 'x', note = '' }) {
  const middle = median(values)
  const spread = values.length > 1 ? ` (${number(Math.min(...values))}-${number(Math.max(...values))})` : ''
  return {
    what,
    goal: goal ?? '',
    measured: `${number(middle)} ${unit}${spread}`.replace(' x', 'x'),
    met: limit === undefined ? '' : middle <= limit ? 'yes' : 'NO',
    note,
  }
}

export function printTable(lines) {
  const columns = ['what', 'goal', 'measured', 'met', 'note']
  const titles = { what: 'what', goal: 'goal', measured: 'median (min-max)', met: 'met?', note: '' }
  const widths = columns.map((column) => Math.max(...[titles, ...lines].map((one) => one[column].length)))
  const show = (one) =>
    columns
      .map((column, i) => one[column].padEnd(widths[i]))
      .join('  ')
      .trimEnd()
  for (const one of [titles, ...lines]) console.log(show(one))
}

export function number(value) {
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toPrecision(value < 1 ? 2 : 3)
}
