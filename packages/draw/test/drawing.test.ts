import { expect, test } from 'vitest'
import { car, input, large, lit, object, order, output, pull, ref, step } from '../../../test/plans.ts'
import { type ArrowKind, type Drawing, drawingOf } from '../src/drawing.ts'

/** `from -kind-> to`, by label. */
function arrows(drawing: Drawing, ...kinds: ArrowKind[]): string[] {
  const name = (i: number) => drawing.shapes[i]?.label ?? '?'
  return drawing.arrows
    .filter((a) => kinds.length === 0 || kinds.includes(a.kind))
    .map((a) => `${name(a.from)} -${a.kind}${a.label === undefined ? '' : `(${a.label})`}-> ${name(a.to)}`)
}

test('what a step reads is data, what it only waits for is order', () => {
  const drawing = drawingOf(order)

  expect(arrows(drawing, 'data', 'order').filter((a) => a.endsWith('notify'))).toEqual([
    'merge -data-> notify',
    'enrich -order-> notify',
  ])
})

test('a reference in a branch that may not be taken is a maybe', () => {
  const plan = pull(
    'maybe',
    step('a', '/x', input('a')),
    step('b', '/x', input('b')),
    output({ op: 'if', cond: input('flag'), then: ref(0), else: ref(1) }),
  )

  expect(arrows(drawingOf(plan), 'maybe')).toEqual(['a -maybe-> Output', 'b -maybe-> Output'])
})

test('what stands under the condition of a step is needed, not maybe', () => {
  expect(arrows(drawingOf(order)).filter((a) => a.endsWith('premium'))).toEqual([
    'load_order -data-> premium',
    'check_fraud -data-> premium',
  ])
})

test('a condition is shown as its author could have written it', () => {
  const { shapes } = drawingOf(order)

  expect(shapes.find((s) => s.label === 'premium')?.when).toBe('load_order.data.premium')
  expect(shapes.find((s) => s.label === 'regular')?.when).toBe('not load_order.data.premium')
})

test('a step that only follows a failure hangs on a failure arrow', () => {
  expect(arrows(drawingOf(order), 'failure')).toEqual(['check_fraud -failure-> report_failure'])
})

test('a step per element is one shape that names the inner component and the list', () => {
  const enrich = drawingOf(order).shapes.find((s) => s.label === 'enrich')

  expect(enrich).toMatchObject({ kind: 'each', detail: '/http/get', marks: ['for each of load_order.data.lines'] })
})

test('a component is shown by the name that its author gave it', () => {
  const plan = pull(
    'named',
    step('a', '/builtin/gemini', input('a'), { calledAs: 'GEMINI_CHAT' }),
    step('b', null, input('b'), { calledAs: 'INPUT_TEXT' }),
    output(object({ a: ref(0), b: ref(1) })),
  )

  expect(drawingOf(plan).shapes.map((s) => s.detail)).toEqual(['', '', 'GEMINI_CHAT', 'INPUT_TEXT'])
})

test('hidden steps are left out and what they read is read by their readers', () => {
  const plan = pull(
    'hidden',
    step('a', '/x', input('a')),
    step('a#helper', null, object({ value: ref(0) }), { hidden: true }),
    step('b', '/x', ref(1)),
    output(ref(2)),
  )

  const drawing = drawingOf(plan)

  expect(drawing.shapes.map((s) => s.label)).toEqual(['Input', 'Output', 'a', 'b'])
  expect(arrows(drawing)).toEqual(['Input -data-> a', 'a -data-> b', 'b -data-> Output'])
})

test('hidden steps that read each other do not hang the drawing', () => {
  const plan = pull(
    'knot',
    step('x', null, ref(1), { hidden: true }),
    step('y', null, ref(0), { hidden: true }),
    step('z', '/x', ref(0)),
    output(ref(2)),
  )

  expect(arrows(drawingOf(plan))).toEqual(['z -data-> Output'])
})

test('success, branch, failure and parallel arrows of a step function differ', () => {
  const drawing = drawingOf(car)

  expect(arrows(drawing, 'branch')).toEqual([
    'Check_If_Car_Purchase_Transaction_Is_Valid -branch(valid)-> Update_Company_DB_Records',
    'Check_If_Car_Purchase_Transaction_Is_Valid -branch(invalid)-> Send_Notification_To_User_Email',
  ])
  expect(arrows(drawing, 'parallel').map((a) => a.split('-> ')[1])).toEqual([
    'update_shipping_db_record',
    'update_payment_db_record',
    'update_inventory_db_record',
  ])
  expect(arrows(drawing, 'failure')).toHaveLength(4)
  expect(arrows(drawing, 'next')).toContain('End -next-> Output')
  expect(arrows(drawing, 'next')).toContain('update_payment_db_record -next-> Update_Car_Purchase_Transaction_Status')
})

test('a hidden branch step becomes labelled arrows of the step that it branches for', () => {
  const arrival = { op: 'arrival' } as const
  const plan = {
    name: 'choose',
    entry: 0,
    exit: 4,
    onFailure: 'stop',
    steps: [
      step('Choose', '/x', arrival, { next: [{ on: 'done', to: 1 }] }),
      step('Choose#branch', '/choose', arrival, {
        hidden: true,
        next: [
          { on: 'done', equals: 'A', to: 2, pass: true },
          { on: 'done', equals: 'B', to: 3, pass: true },
          { on: 'done', equals: null, to: 4, pass: true },
        ],
      }),
      step('A', '/x', arrival, { next: [{ on: 'done', to: 4 }] }),
      step('B', '/x', arrival, { next: [{ on: 'done', to: 0, label: 'again' }] }),
      step('$exit', null, arrival, { hidden: true }),
    ],
  } as const

  expect(arrows(drawingOf(plan))).toEqual([
    'Choose -branch(A)-> A',
    'Choose -branch(B)-> B',
    'A -next-> Output',
    'B -branch(again)-> Choose',
    'Input -next-> Choose',
  ])
})

test('keys that lead to the same step share an arrow', () => {
  const arrival = { op: 'arrival' } as const
  const plan = {
    name: 'share',
    entry: 0,
    exit: 1,
    onFailure: 'stop',
    steps: [
      step('S', '/x', arrival, {
        next: [
          { on: 'done', equals: 'true', to: 1, label: 'true' },
          { on: 'done', equals: true, to: 1, label: 'true' },
          { on: 'done', to: 1, label: 'default' },
        ],
      }),
      step('E', '/x', arrival),
    ],
  } as const

  expect(arrows(drawingOf(plan), 'branch')).toEqual(['S -branch(true, default)-> E'])
})

test('names cannot bring control characters or direction marks into a drawing', () => {
  const plan = pull('evil \u001b[31m\u202e', step('a\u001b[2J\n\u202eb', '/x\u0007', lit(null)), output(ref(0)))

  // What is drawn: `step` is what the plan calls it, for whoever looks it up there.
  const text = JSON.stringify(drawingOf(plan), (key, value) => (key === 'step' ? undefined : value))

  expect(text).not.toMatch(/\\u001b|\\n|\u202e|\\u0007/)
})

test('without details only names are left', () => {
  expect(drawingOf(order, { details: 'hide' }).shapes.every((s) => !s.detail && !s.when && s.marks.length === 0)).toBe(
    true,
  )
})

test('ten thousand steps do not take longer to sketch than they must', () => {
  const plan = large(10_000)
  const start = performance.now()

  expect(drawingOf(plan).shapes).toHaveLength(10_002)
  // Far less on a quiet machine; anything quadratic takes minutes.
  expect(performance.now() - start).toBeLessThan(20_000)
})
