import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { folder } from './command-line.ts'

const flow = `
name: enrich
description: looks things up
steps:
  - id: fetch
    component: /nowhere/get
    input: { url: { $input: url } }
  - id: gold
    component: /python/gold
    when: { $step: fetch, path: is_gold }
    input: { who: { $step: fetch } }
  - id: each_tag
    component: /python/tag
    for_each: { $step: fetch, path: tags }
    input: { tag: { $item: name } }
  - id: alarm
    component: /builtin/noop
    trigger_rule: one_failed
    needs: [fetch]
output:
  tags: { $step: each_tag }
  gold: { $coalesce: [{ $step: gold }, none] }
`
const here = folder({
  'flow.yaml': flow,
  'bad.yaml': 'steps:\n  - id: a\n    component: /builtin/noop\n    input: { $step: b }\n',
})
afterAll(here.remove)
const read = (name: string) => readFileSync(join(here.path, name))

test('in a pipe it is Mermaid, of components that need not be there', async () => {
  const { code, out, err } = await here.run('visualize', 'flow.yaml')

  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out.split('\n')).toEqual(
    expect.arrayContaining([
      'flowchart TD',
      '  workflow_input --> fetch',
      '  fetch --> gold',
      '  fetch -.->|"failure"| alarm',
      '  each_tag --> workflow_output',
    ]),
  )
  expect(out).toContain('gold<br/>/python/gold<br/>when fetch.is_gold')
})

test('a manifest shows the names of its tools, also of those that run once per element', async () => {
  const manifest = folder({
    'manifest.yaml': `steps:
  - { id: names, tool: INPUT_JSON, input: { value: [a, b] } }
  - { id: ask, tool: GEMINI_CHAT, for_each: "{{ steps.names.result }}", input: { prompt: "{{ item }}" } }
  - { id: own, tool: /my/tool, needs: [ask] }
`,
  })
  const { out } = await manifest.run('visualize', 'manifest.yaml')
  manifest.remove()

  expect(out).toContain('names<br/>INPUT_JSON')
  expect(out).toContain('ask<br/>GEMINI_CHAT<br/>for each')
  expect(out).toContain('own<br/>/my/tool')
  expect(out).not.toContain('/builtin/')
})

test('on a terminal it is drawn with its colours and in its width', async () => {
  const { out } = await here.runOnTerminal('visualize', '--flow=flow.yaml')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  const plain = out.replace(/\u001b\[\d+m/g, '')

  expect(out).toContain('\u001b[1mfetch')
  expect(plain).toContain('when fetch.is_gold')
  expect(plain).toContain('for each of fetch.tags')
  expect(Math.max(...plain.split('\n').map((l) => l.length))).toBeLessThanOrEqual(72)
})

test('the ending of the output decides the format', async () => {
  for (const [name, start] of [
    ['a.svg', '<svg'],
    ['a.dot', 'digraph workflow'],
    ['a.mmd', 'flowchart TD'],
    ['a.txt', 'enrich'],
  ] as const) {
    expect(await here.run('visualize', 'flow.yaml', '--output', name)).toMatchObject({ code: 0, out: '' })
    expect(read(name).toString().startsWith(start)).toBe(true)
  }
})

test('a picture stands beside the flow, and is not overwritten unless asked for', async () => {
  expect(await here.run('visualize', 'flow.yaml', '--format', 'png')).toMatchObject({
    code: 0,
    err: 'drawn: flow.png\n',
  })
  expect(read('flow.png').subarray(1, 4).toString()).toBe('PNG')
  writeFileSync(join(here.path, 'flow.png'), 'mine')

  const refused = await here.run('visualize', 'flow.yaml', '--format', 'png')

  expect(refused).toMatchObject({ code: 2, err: 'stepflow: "flow.png" exists already; --force overwrites it\n' })
  expect(read('flow.png').toString()).toBe('mine')
  expect((await here.run('visualize', 'flow.yaml', '--format', 'png', '--force')).code).toBe(0)
  expect(read('flow.png').subarray(1, 4).toString()).toBe('PNG')
})

test.each([
  [['flow.yaml', '--output', 'a.jpg'], /the ending of "a.jpg" names no format/],
  [['flow.yaml', '--format', 'jpg'], /must be one of: ascii, mermaid, dot, svg, png/],
  [['flow.yaml', '-o', 'no/such/a.svg'], /there is no folder "no\/such"/],
  [['none.yaml'], /"none.yaml" is not there/],
  [['bad.yaml'], /bad.yaml is not valid: nothing was drawn/],
  [[], /needs a flow file/],
])('%j is refused with what to do', async (words, message) => {
  const { code, out, err } = await here.run('visualize', ...words)

  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toMatch(message)
})

test('without details it is names and arrows', async () => {
  const { out } = await here.run('visualize', 'flow.yaml', '--no-details', '--no-servers', '--format', 'dot')

  expect(out).toContain('"fetch" [label="fetch"]')
  expect(out).not.toContain('python')
})
