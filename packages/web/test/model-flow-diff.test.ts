// Two versions of a flow as one graph.

import { compile, idOf, readSource, stepsOf, toJson } from '@stepflow/dialects'
import type { Json, Plan } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { flowDiff, type ReadText } from '../src/model/flow-diff.ts'
import { runDrawing } from '../src/model/run-graph.ts'

function read(text: string): ReadText {
  const node = readSource(text).node
  if (!node) throw new Error('not readable')
  const steps = stepsOf(toJson(node)).steps.map((step) => [idOf(step) ?? '', step[1]] as const)
  return { drawing: runDrawing(compile(text).plan as Plan), steps: new Map<string, Json>(steps) }
}

const BEFORE = `steps:
  - { id: a, component: /builtin/noop }
  - { id: b, component: /builtin/noop, input: { $step: a } }
  - { id: c, component: /builtin/noop, input: { $step: b } }
output: { $step: c }
`

test('steps that came, went and changed are marked, and those that went stand where they were read', () => {
  const after = BEFORE.replace(/.*id: b.*\n/, '')
    .replace('{ $step: b }', '{ $step: a }')
    .replace('output:', '  - { id: d, component: /builtin/noop }\noutput:')
  const { graph, marks } = flowDiff(read(BEFORE), read(after))

  expect([...marks].sort()).toEqual([
    ['b', 'removed'],
    ['c', 'changed'],
    ['d', 'added'],
  ])
  const arrows = graph.drawing.arrows.map(({ from, to }) => `${graph.steps[from] ?? ''}>${graph.steps[to] ?? ''}`)
  expect(arrows).toEqual(expect.arrayContaining(['a>c', 'a>b', 'b>c', 'c>']))
  expect(graph.layout.boxes).toHaveLength(graph.steps.length)
})

test('other lines, comments and another order are no change of a step', () => {
  const lines = BEFORE.split('\n')
  const moved = ['# ours', lines[0], '', lines[2], lines[1], ...lines.slice(3)].join('\n')

  expect([...flowDiff(read(BEFORE), read(moved)).marks]).toEqual([])
})
