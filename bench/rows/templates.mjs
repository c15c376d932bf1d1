// What a template costs beside a context of 2,000 objects of which it names one; and a manifest of 1,000 steps, checked.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { functions } from '@stepflow/dialects'
import { line, median, number, takeTurns, timed } from '../measure.mjs'
import { scratch, stepflow, timeProgram } from '../programs.mjs'

const RENDERS = 50_000
const SOURCE = 'Hello {{ steps.load.result.user.name | title }}, you have {{ steps.load.result.items | length }} items.'

export async function measure() {
  return [await renders(), await manifest()]
}

// ---

async function renders() {
  const template = await functions('template')
  const context = contextOf(2_000)
  const literal = (name) => `Hello ${name}, you have ${context.steps.load.result.items.length} items.`
  const { subjects } = await takeTurns(
    () => timed(() => repeat(RENDERS, () => literal('Ada Lovelace'))),
    () => timed(() => repeat(RENDERS, () => template(SOURCE, context))),
  )
  const each = subjects.map((ms) => (ms / RENDERS) * 1000)
  const note = `${number(1_000_000 / median(each))} renders a second`
  return line({
    what: 'a short template, 2,000 objects in scope',
    goal: '<= 20 us',
    limit: 20,
    values: each,
    unit: 'us',
    note,
  })
}

async function manifest() {
  const cwd = scratch()
  writeFileSync(join(cwd, 'manifest.yaml'), manifestOf(1_000))
  const { floors, subjects } = await takeTurns(
    () => timeProgram(['-e', '0'], { cwd }),
    () => timeProgram([stepflow, 'validate', 'manifest.yaml', '--json'], { cwd }),
    { rounds: 15 },
  )
  const note = `node -e 0: ${number(median(floors))} ms`
  return line({
    what: 'validate a manifest, 1,000 steps',
    goal: '<= 300 ms',
    limit: 300,
    values: subjects,
    unit: 'ms',
    note,
  })
}

/** One step that is read, and as many objects beside it as a long run leaves behind. */
function contextOf(count) {
  const steps = {}
  for (let i = 0; i < count; i++)
    steps[`step_${i}`] = { result: { id: i, tags: ['a', 'b'], nested: { value: `v${i}` } } }
  steps.load = { result: { user: { name: 'ada lovelace' }, items: [1, 2, 3] } }
  return { steps, inputs: {} }
}

function manifestOf(count) {
  let text = 'steps:\n  - id: step_0\n    tool: INPUT_TEXT\n'
  for (let i = 1; i < count; i++) {
    text += `  - id: step_${i}\n    tool: OUTPUT_TEXT\n    needs: [step_${i - 1}]\n    input:\n      - name: value\n`
    text += `        value: "Step ${i} after {{steps.step_${i - 1}.result}}"\n`
    if (i % 4 === 0) text += `    when: "'{{steps.step_${i - 1}.result}}' != 'stop'"\n`
  }
  return text
}

function repeat(count, action) {
  let last
  for (let i = 0; i < count; i++) last = action()
  return last
}
