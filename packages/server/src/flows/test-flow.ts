// Runs the cases that a flow brings along, as it is saved or as a text has it.

import { FlowError } from '@stepflow/engine'
import { runCases } from '@stepflow/host/cases'
import { MOST_IN_LIST, preview } from '../app/preview.ts'
import type { Services } from '../services.ts'

export interface TestFlow {
  readonly cases?: readonly string[]
  readonly text?: string
}

export async function testFlow(
  { namedFlows, plugins, project, env, secrets, clock, log, config, life }: Services,
  name: string,
  { cases: wanted, text }: TestFlow,
) {
  life.checkReady()
  const { read, file } = await namedFlows.get(name)
  if (read.dialect === 'code') {
    throw new FlowError('CONFLICT', `the flow "${name}" is written in code: \`stepflow test\` runs its cases`)
  }
  await secrets.refresh()
  const { passed, failed, cases } = await runCases({
    text: text ?? read.text,
    file,
    wanted,
    wired: plugins,
    config: project.config,
    folder: config.flowsDir,
    options: { env, secrets, homeOf: project.homeOf, clock, log },
  })
  const redact = secrets.known.named.redaction
  return {
    passed,
    failed,
    cases: cases.map(({ name, passed, differences }) => ({
      name,
      passed,
      ...(passed ? {} : { differences: differences.map((one) => shown(redact(one))) }),
    })),
  }
}

// ---

function shown(difference: { readonly path: string; readonly expected?: unknown; readonly actual?: unknown }) {
  const { path, expected, actual } = difference
  return {
    path,
    ...(expected === undefined ? {} : { expected: preview(expected, MOST_IN_LIST) }),
    ...(actual === undefined ? {} : { actual: preview(actual, MOST_IN_LIST) }),
  }
}
