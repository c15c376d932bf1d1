// The whole process that checks a flow file of 1,000 steps.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { line, median, number, takeTurns } from '../measure.mjs'
import { scratch, stepflow, timeProgram } from '../programs.mjs'

export async function measure() {
  const cwd = scratch()
  writeFileSync(join(cwd, 'flow.yaml'), flowOf(1_000))
  const { floors, subjects } = await takeTurns(
    () => timeProgram(['-e', '0'], { cwd }),
    () => timeProgram([stepflow, 'validate', 'flow.yaml'], { cwd }),
    { rounds: 15 },
  )
  const note = `node -e 0: ${number(median(floors))} ms`
  return [line({ what: 'validate, 1,000 steps', goal: '<= 300 ms', limit: 300, values: subjects, unit: 'ms', note })]
}

// ---

/** Written as people write them: a line for each key, two fields of input, each from a step before. */
function flowOf(count) {
  let text = 'name: long\ndescription: a flow of many steps\nsteps:\n'
  for (let i = 0; i < count; i++) {
    const from = i === 0 ? '{ $input: $.name }' : `{ $step: step_${i - 1}, path: $.text }`
    const also = i < 10 ? '{ $input: $.name }' : `{ $step: step_${i - 10}, path: $.text }`
    text += `  - id: step_${i}\n    component: /builtin/noop\n    input:\n      text: ${from}\n      other: ${also}\n`
  }
  return `${text}output:\n  text: { $step: step_${count - 1}, path: $.text }\n`
}
