// test and validate with what a flow is run with: variables, overrides, secrets; and what `test` says of a case that fails.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Folder, folder } from './command-line.ts'

const flow = `name: regions
description: r
schemas:
  properties:
    variables: { type: object, required: [region], properties: { region: { enum: [eu, us] }, size: { type: integer } } }
steps:
  - { id: a, component: /builtin/noop, input: { region: { $variable: region }, n: { $input: n } } }
output: { $step: a, path: region }
test:
  cases:
    - { name: europe, input: { n: 1 }, output: { outcome: success, result: eu } }
`
const failing = `name: failing
description: f
steps:
  - { id: a, component: /builtin/noop, input: { n: { $input: n } } }
output: { $step: a }
test:
  cases:
    - { name: no n, input: {}, output: { outcome: success, result: 1 } }
`
const secret = `name: secret
description: s
steps:
  - { id: a, component: /builtin/noop, input: { key: { $secret: api_key }, other: { $secret: other } } }
output: { $step: a }
`

let here: Folder
beforeEach(() => {
  here = folder({ 'f.yaml': flow, 'failing.yaml': failing, 's.yaml': secret, 'secrets.env': 'api_key=hunter-one\n' })
})
afterEach(() => here.remove())

test('cases run with the variables and the overrides that are given', async () => {
  const fine = await here.run('test', 'f.yaml', '--variables-json', '{"region":"eu"}')
  const other = await here.run('test', 'f.yaml', '--variables-json', '{"region":"us"}')
  const patch = '{"a":{"value":{"input":{"region":"eu"}}}}'
  const patched = await here.run('test', 'f.yaml', '--variables-json', '{"region":"us"}', '--overrides-json', patch)

  expect([fine.code, other.code, patched.code]).toEqual([0, 1, 0])
  expect(other.out).toContain('$.result: expected "eu", got "us"')
})

test('a case that failed says why, without --diff', async () => {
  const { code, out } = await here.run('test', 'failing.yaml')

  expect(code).toBe(1)
  expect(out).toContain('$.outcome: expected "success", got "failed"')
  expect(out).toMatch(/EXPRESSION_FAILURE: step "a" .* reads "\$\.n" of the input: no such field/)
})

test('validate checks variables against the schema of the flow, and misspelt names', async () => {
  const codes = async (...words: string[]) => {
    const { out } = await here.run('validate', 'f.yaml', '--json', ...words)
    const found: string[] = JSON.parse(out).diagnostics.map(({ code }: { code: string }) => code)
    return found.filter((code) => code.includes('VARIABLE'))
  }

  expect(await codes()).toEqual([])
  expect(await codes('--variables-json', '{"region":"eu"}')).toEqual([])
  expect(await codes('--variables-json', '{"region":"mars"}')).toEqual(['VARIABLES_DO_NOT_FIT'])
  expect(await codes('--variables-json', '{"regoin":"eu"}')).toEqual(['UNKNOWN_VARIABLE', 'VARIABLES_DO_NOT_FIT'])
})

test('validate reports a secret that the flow reads and nobody gives', async () => {
  const { code, out } = await here.run('validate', 's.yaml', '--secrets', 'secrets.env')

  expect(code).toBe(2)
  expect(out).toContain('the flow reads the secret "other", which is not set')
  expect(out).not.toMatch(/"api_key"|hunter/)
  expect((await here.run('validate', 's.yaml')).code).toBe(0)
})
