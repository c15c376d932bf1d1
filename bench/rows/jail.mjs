// Code in jails, through the command line: what a jail costs beside the bare interpreter, and what it saves that jails are
// used again for the same source. Nothing where no jail can be made.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { line, median, number, takeTurns, timed } from '../measure.mjs'
import { isQuick, scratch, stepflow, weighProgram } from '../programs.mjs'

const SAME = isQuick ? 2_000 : 10_000
const DIFFERENT = 100
const COLD = 30
const AT_ONCE = 8

export async function measure() {
  const python = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' })
  const languages = [{ language: 'javascript', bare: [process.execPath, '--eval', '1'] }]
  if (python.status === 0) languages.push({ language: 'python', bare: [python.stdout.trim(), '-I', '-c', '1'] })
  const folder = scratch()
  const files = {
    'one.jsonl': '0\n',
    'cold.jsonl': lines(COLD + 1),
    'same.jsonl': '0\n'.repeat(SAME),
    'different.jsonl': lines(DIFFERENT),
    'noop.yaml': 'name: noop\nsteps: [{ id: c, component: /builtin/noop, input: 1 }]\n',
    ...Object.fromEntries(
      languages.flatMap(({ language }) => [
        [`${language}-same.yaml`, flowOf(language, '1 + 1')],
        [`${language}-different.yaml`, flowOf(language, { $template: '{{ inputs }} + 1' })],
      ]),
    ),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const run = async (flow, inputs, atOnce = AT_ONCE) => {
    const words = ['run', flow, '--inputs', inputs, '--output', 'out.jsonl', '--force', '--max-concurrent', `${atOnce}`]
    return (await weighProgram([stepflow, ...words], { cwd: folder, folder })).ms
  }
  const { status, stderr } = spawnSync(process.execPath, [stepflow, 'run', 'javascript-same.yaml'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0) {
    console.error(`jail: left out, ${stderr.trim().split('\n')[0]}`)
    return []
  }
  const measured = []
  for (const {
    language,
    bare: [command, ...args],
  } of languages) {
    const { floors, subjects } = await takeTurns(
      async () => (await timed(() => times(COLD, () => spawnSync(command, args)))) / COLD,
      async () => {
        const one = await run(`${language}-different.yaml`, 'one.jsonl', 1)
        return ((await run(`${language}-different.yaml`, 'cold.jsonl', 1)) - one) / COLD
      },
      { rounds: 5 },
    )
    const more = subjects.map((ms, i) => ms - floors[i])
    measured.push(
      line({
        what: `a call of ${language}, cold`,
        goal: '<= 30 ms more than the bare interpreter',
        limit: 30,
        values: more,
        unit: 'ms',
        note: `${number(median(subjects))} ms; bare: ${number(median(floors))}`,
      }),
    )
    const first = await takeTurns(
      () => run('noop.yaml', 'one.jsonl', 1),
      () => run(`${language}-same.yaml`, 'one.jsonl', 1),
      { rounds: 7, warmUps: 1 },
    )
    measured.push(
      line({
        what: '  the first of a program, with the trial whether a jail can be made',
        values: first.subjects.map((ms, i) => ms - first.floors[i] - median(floors)),
        unit: 'ms more',
      }),
    )
    const each = await takeTurns(
      async () =>
        ((await run(`${language}-different.yaml`, 'different.jsonl')) -
          (await run(`${language}-different.yaml`, 'one.jsonl'))) /
        DIFFERENT,
      async () =>
        ((await run(`${language}-same.yaml`, 'same.jsonl')) - (await run(`${language}-same.yaml`, 'one.jsonl'))) / SAME,
      { rounds: 3 },
    )
    const rate = (values) => number(1000 / median(values))
    measured.push(
      line({
        what: `  ${number(SAME)} calls of the same source, ${AT_ONCE} at once`,
        goal: '<= 0.05x a process for each',
        limit: 0.05,
        values: each.ratios,
        note: `${rate(each.subjects)} calls/s; a process for each: ${rate(each.floors)}`,
      }),
    )
  }
  return measured
}

// ---

function lines(count) {
  return Array.from({ length: count }, (_, i) => `${i}\n`).join('')
}

function times(count, action) {
  for (let i = 0; i < count; i++) action()
}

function flowOf(language, code) {
  return JSON.stringify({
    name: language,
    steps: [{ id: 'c', component: `/builtin/code/${language}`, input: { code } }],
  })
}
