// A one-step flow through the command line against a Node that does nothing.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { line, median, takeTurns } from '../measure.mjs'
import { scratch, stepflow, timeProgram } from '../programs.mjs'

export async function measure() {
  const cwd = scratch()
  const flow =
    'steps:\n  - id: hello\n    component: /builtin/noop\n    input: { $input: $ }\noutput: { $step: hello }\n'
  writeFileSync(join(cwd, 'flow.yaml'), flow)
  const run = [stepflow, 'run', 'flow.yaml', '--input-json', '{"name":"Ada"}']

  const { floors, subjects, ratios } = await takeTurns(
    () => timeProgram(['-e', '0'], { cwd }),
    () => timeProgram(run, { cwd }),
    { rounds: 25, warmUps: 2 },
  )

  const note = `${Math.round(median(subjects))} ms; node -e 0: ${Math.round(median(floors))} ms`
  return [line({ what: 'stepflow run, one step', goal: '<= 2.2x node -e 0', limit: 2.2, values: ratios, note })]
}
