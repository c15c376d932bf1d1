import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { folder } from './command-line.ts'

const flow = `name: fetch
description: gets a page
# what we do
steps:
  - id: page
    component: /builtin/http # the web
    input: { url: { $input: $.site.url } }
output: { status: { $step: page, path: status } }
`
const here = folder({
  'flow.yaml': flow,
  'crlf.yaml': flow.replaceAll('\n', '\r\n'),
  'unquoted.yaml':
    'steps:\n  - id: a\n    component: /builtin/noop\n    input:\n      { $input: x }\n      transform: "Hello " + x\n',
  'wrong.yaml': flow.replace('{ $input: $.site.url }', '5'),
  'blank.yaml': flow.replace('/builtin/http #', '/nowhere/at-all #'),
})
afterAll(here.remove)

test('the flow comes back on stdout with its schemas and its comments', async () => {
  const { code, out, err } = await here.run('infer', 'flow.yaml')
  const { schemas } = parse(out)

  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain('# what we do\nsteps:\n')
  expect(out).toContain('component: /builtin/http # the web')
  expect(schemas.properties.input).toEqual({
    type: 'object',
    properties: {
      site: { type: 'object', properties: { url: expect.objectContaining({ type: 'string' }) }, required: ['url'] },
    },
    required: ['site'],
  })
  expect(schemas.properties.output.properties.status.type).toBe('integer')
  expect(schemas.properties.steps.properties.page.type).toBe('object')
})

test('what was inferred is a valid flow again, and infers to itself', async () => {
  expect((await here.run('infer', 'flow.yaml', '--output')).err).toBe('written: flow.inferred.yaml\n')
  const text = readFileSync(join(here.path, 'flow.inferred.yaml'), 'utf8')

  expect((await here.run('infer', 'flow.inferred.yaml')).out).toBe(text)
})

test('-o takes a file from either side of the flow, but never the flow itself', async () => {
  expect((await here.run('infer', 'flow.yaml', '-o', 'one.yaml')).code).toBe(0)
  expect((await here.run('infer', '-o', 'two.yaml', 'flow.yaml')).code).toBe(0)
  const refused = await here.run('infer', 'flow.yaml', '--output=flow.yaml')

  expect(existsSync(join(here.path, 'one.yaml')) && existsSync(join(here.path, 'two.yaml'))).toBe(true)
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('is the flow itself') })
  expect(readFileSync(join(here.path, 'flow.yaml'), 'utf8')).toBe(flow)
})

test('-o overwrites a file that is there only with --force', async () => {
  await here.run('infer', 'flow.yaml', '-o', 'three.yaml')
  const again = await here.run('infer', 'flow.yaml', '-o', 'three.yaml')

  expect(again).toMatchObject({ code: 2, err: expect.stringContaining('"three.yaml" exists already; --force') })
  expect((await here.run('infer', 'flow.yaml', '-o', 'three.yaml', '--force')).code).toBe(0)
  expect((await here.run('infer', 'flow.yaml', '-o', '/dev/null')).code).toBe(0)
})

test('a file whose lines end in CRLF is written so', async () => {
  const { out } = await here.run('infer', 'crlf.yaml')

  expect(out).toContain('# what we do\r\nsteps:\r\n')
  expect(out).not.toMatch(/(?<!\r)\n/)
  expect(out.replaceAll('\r\n', '\n')).toBe((await here.run('infer', 'flow.yaml')).out)
})

test('a transform without quotes is written as it is meant', async () => {
  const { code, out } = await here.run('infer', 'unquoted.yaml')

  expect(code).toBe(0)
  expect(parse(out).steps[0].input).toEqual({ $input: 'x', transform: '"Hello " + x' })
})

test('what does not fit is said; under --strict nothing is written', async () => {
  const lenient = await here.run('infer', 'wrong.yaml')
  const strict = await here.run('infer', 'wrong.yaml', '--strict')

  expect(lenient.code).toBe(0)
  expect(lenient.err).toContain('"url" of the input of step "page" is a whole number, but text is wanted')
  expect(lenient.err).toContain('wrong.yaml:5')
  expect(strict).toMatchObject({ code: 2, out: '' })
})

test('an output without a type is a warning, and an error under --strict', async () => {
  expect(await here.run('infer', 'blank.yaml')).toMatchObject({
    code: 0,
    err: expect.stringContaining('warning: the output of step "page"'),
  })
  expect(await here.run('infer', 'blank.yaml', '--strict')).toMatchObject({ code: 2, out: '' })
})

test('--show-step-inputs tells what each step sends', async () => {
  const { err } = await here.run('infer', 'flow.yaml', '--show-step-inputs')

  expect(parse(err).step_inputs.page.required).toEqual(['url'])
})
