import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Outcome } from '@stepflow/engine'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type OpenProject, openProject, type Project } from '../src/flows/open-project.ts'
import { addVariablesFrom, unknownVariables } from '../src/flows/variables.ts'

let cwd: string
let project: Project | undefined
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'project-'))
})
afterEach(async () => {
  await project?.close()
  project = undefined
  rmSync(cwd, { recursive: true, force: true })
})

const GREET = `name: greet
description: greets
schemas:
  type: object
  properties:
    variables: { type: object, properties: { greeting: { type: string }, times: { type: integer } } }
steps:
  - id: say
    component: /builtin/noop
    input: { text: { $template: "{{ greeting }} {{ input.name }}" }, key: { $secret: key } }
output: { $step: say }
`

async function open(text: string, more: Partial<OpenProject> = {}): Promise<Project> {
  writeFileSync(join(cwd, 'flow.yaml'), text)
  project = await openProject({ file: 'flow.yaml', cwd, env: {}, purpose: 'run', ...more })
  return project
}

async function outcomeOf({ engine, plan }: Project, input: unknown, variables = {}): Promise<Outcome | undefined> {
  if (!plan) throw new Error('the flow is not valid')
  const run = await engine.submit(plan, [input], { variables })
  for await (const { outcome } of run.results()) return outcome
  return undefined
}

test('a project is opened and run without a command line: secrets from a file, overrides by value', async () => {
  writeFileSync(join(cwd, 'secrets.env'), 'key=hunter2\n')
  const opened = await open(GREET.replace('$template: "{{ greeting }} {{ input.name }}"', '$input: name'), {
    secretsFile: 'secrets.env',
    overrides: [{ say: { value: { input: { more: 1 } } } }],
  })

  expect(opened.diagnostics.filter(({ level }) => level !== 'hint')).toEqual([])
  expect(await outcomeOf(opened, { name: 'Ada' })).toMatchObject({
    outcome: 'success',
    result: { text: 'Ada', more: 1 },
  })
})

test('what is wrong with a flow is a value, and then there is no plan', async () => {
  const opened = await open(GREET.replace('$step: say', '$step: sya'), { purpose: 'check' })

  expect(opened.plan).toBeUndefined()
  expect(
    opened.diagnostics.filter(({ level }) => level === 'error' || level === 'fatal').map(({ message }) => message),
  ).toEqual([expect.stringContaining('"sya"')])
  expect(() => opened.engine).toThrow('a project that was not started has no engine')
})

test('variables that a flow does not have are warned about; those that the environment has are added, typed', async () => {
  const { plan } = await open(GREET, { purpose: 'check' })
  if (!plan) throw new Error('the flow is not valid')
  const given: Record<string, unknown> = { greting: 'Hello' }

  expect(unknownVariables(given, plan)).toEqual([
    expect.objectContaining({
      code: 'UNKNOWN_VARIABLE',
      message: 'the flow has no variable "greting". Did you mean "greeting"?',
    }),
  ])
  addVariablesFrom({ STEPFLOW_VAR_TIMES: '3', STEPFLOW_VAR_GREETING: '7' }, given, plan)
  expect(given).toEqual({ greting: 'Hello', times: 3, greeting: '7' })
})
