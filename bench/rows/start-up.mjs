// A one-step flow through the command line, and a program that imports the library, against a Node that does nothing.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { line, median, takeTurns } from '../measure.mjs'
import { path, scratch, stepflow, timeProgram } from '../programs.mjs'

export async function measure() {
  const cwd = scratch()
  const flow =
    'steps:\n  - id: hello\n    component: /builtin/noop\n    input: { $input: $ }\noutput: { $step: hello }\n'
  writeFileSync(join(cwd, 'flow.yaml'), flow)
  const run = [stepflow, 'run', 'flow.yaml', '--input-json', '{"name":"Ada"}']

  return [
    await row('stepflow run, one step', 2.2, run, cwd),
    // From the root, where the package is found by its name.
    await row("import 'stepflow'", 2, ['--input-type=module', '-e', "import 'stepflow'"], path('.')),
  ]
}

async function row(what, limit, program, cwd) {
  const { floors, subjects, ratios } = await takeTurns(
    () => timeProgram(['-e', '0'], { cwd }),
    () => timeProgram(program, { cwd }),
    { rounds: 25, warmUps: 2 },
  )
  const note = `${Math.round(median(subjects))} ms; node -e 0: ${Math.round(median(floors))} ms`
  return line({ what, goal: `<= ${limit}x node -e 0`, limit, values: ratios, note })
}
