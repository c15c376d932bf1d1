import type { ComponentInfo, Expr, Json, Plan } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { input, lit, object, output, pull, ref, step } from '../../../test/plans.ts'
import { compile } from '../src/compile.ts'
import { annotate, declaredSteps } from '../src/infer/annotate.ts'
import { inferSchemas, inputOf } from '../src/infer/infer-schemas.ts'
import { mismatch, resolved } from '../src/infer/schema-type.ts'
import { typeCheck } from '../src/infer/type-check.ts'

const text: Json = { type: 'string' }
const number: Json = { type: 'number' }
const record = (properties: Record<string, Json>, ...required: string[]): Json => ({
  type: 'object',
  properties,
  ...(required.length > 0 ? { required } : {}),
})

const infos: readonly ComponentInfo[] = [
  {
    name: '/http/get',
    inputSchema: record({ url: text, timeout: number }, 'url'),
    outputSchema: record({
      status: { type: 'integer' },
      body: record({ name: text, tags: { type: 'array', items: text } }),
    }),
    primary: 'body',
  },
  {
    name: '/score',
    inputSchema: record({ name: text, weight: number }, 'name'),
    outputSchema: record({ score: number }),
  },
  { name: '/untyped' },
  { name: '/mode', inputSchema: record({ mode: { enum: ['fast', 'slow'] } }), outputSchema: text },
]
const infoOf = (path: string) => infos.find((info) => info.name === path)
const codes = (plan: Plan) => typeCheck(plan, infoOf).map((d) => `${d.code} ${d.path}`)

test('the input is inferred from what is read, with the types of those who read it', () => {
  const plan = pull(
    'enrich',
    step(
      'fetch',
      '/http/get',
      object({ url: input('$.user.url'), timeout: { op: 'input', path: 'limit', default: lit(5) } }),
    ),
    step('score', '/score', object({ name: ref(0, 'body.name'), weight: input('weights[0]') })),
    output(object({ score: ref(1, 'score'), note: input('note') })),
  )

  expect(inputOf(plan, infoOf)).toEqual({
    type: 'object',
    properties: {
      user: { type: 'object', properties: { url: text }, required: ['url'] },
      limit: number,
      weights: { type: 'array', items: number },
      note: {},
    },
    required: ['user', 'weights', 'note'],
  })
})

test('what is read only in a branch or under a condition is not required', () => {
  const plan = pull(
    'branches',
    step('a', '/score', {
      op: 'if',
      cond: input('active'),
      then: object({ name: input('name') }),
      else: { op: 'skip' },
    }),
    output({ op: 'coalesce', of: [ref(0), input('fallback')] }),
  )

  expect(inputOf(plan, infoOf).required).toEqual(['active'])
})

test('the output and the steps have the types that flow into them', () => {
  const plan = pull(
    'flow',
    step('fetch', '/http/get', object({ url: lit('http://x') })),
    step('score', '/score', object({ name: { ...ref(0, 'name'), primary: 'body' } as Expr })),
    step('blank', '/untyped', lit(null)),
    output(object({ score: ref(1, 'score'), first: ref(0, '$.body.tags[0]'), label: lit('done') })),
  )

  const inferred = inferSchemas(plan, infoOf)

  expect(inferred.output).toEqual({
    type: 'object',
    properties: { score: number, first: text, label: text },
    required: ['score', 'first', 'label'],
  })
  expect(Object.keys(inferred.steps)).toEqual(['fetch', 'score'])
  expect(inferred.stepInputs.score).toEqual({ type: 'object', properties: { name: text }, required: ['name'] })
})

test('a step per element gives a list, and its items are typed by the inner component', () => {
  const child = pull('each', step('each', '/http/get', object({ url: input('item.link') })), output(ref(0, 'status')))
  const plan = pull(
    'map',
    step('each', '$core/map', object({ plan: lit(child as unknown as Json), items: input('links') })),
    output(ref(0)),
  )

  const inferred = inferSchemas(plan, infoOf)

  expect(inferred.output).toEqual({ type: 'array', items: { type: 'integer' } })
  expect(inferred.input).toMatchObject({
    properties: { links: { type: 'array', items: { properties: { link: text } } } },
  })
})

test('a value that can never fit its component is a mismatch that names the field', () => {
  const plan = pull(
    'wrong',
    step('fetch', '/http/get', object({ url: lit(5) }), { origin: { line: 7, column: 5 } }),
    output(ref(0)),
  )

  expect(typeCheck(plan, infoOf)).toEqual([
    {
      code: 'TYPE_MISMATCH',
      level: 'error',
      message: '"url" of the input of step "fetch" is a whole number, but text is wanted by /http/get',
      path: '$.steps[0].input.url',
      line: 7,
      column: 5,
    },
  ])
})

test.each<[string, Record<string, Expr>, string[]]>([
  ['a required field is missing', { timeout: lit(5) }, ['TYPE_MISMATCH $.steps[0].input']],
  ['nothing is wrong', { url: lit('x'), timeout: lit(5) }, []],
  ['a field is not known to the component, which takes more', { url: lit('x'), other: lit(1) }, []],
  ['one of two alternatives fits', { url: { op: 'coalesce', of: [lit(1), lit('x')] } }, []],
  [
    'none of two alternatives fits',
    { url: { op: 'coalesce', of: [lit(1), lit(true)] } },
    ['TYPE_MISMATCH $.steps[0].input.url'],
  ],
])('%s', (_, fields, expected) => {
  expect(codes(pull('case', step('fetch', '/http/get', object(fields)), output(ref(0))))).toEqual(expected)
})

test('a value outside an enum is a mismatch, one inside is not', () => {
  const plan = (mode: string) => pull('mode', step('m', '/mode', object({ mode: lit(mode) })), output(ref(0)))

  expect(codes(plan('medium'))).toEqual(['TYPE_MISMATCH $.steps[0].input.mode'])
  expect(codes(plan('fast'))).toEqual([])
})

test('a path that cannot be in an output is an error with what is there and what was meant', () => {
  const plan = pull('lost', step('score', '/score', object({ name: lit('x') })), output(ref(0, 'scor')))
  const [found] = typeCheck(plan, infoOf)

  expect(found).toMatchObject({
    code: 'UNKNOWN_PROPERTY_IN_PATH',
    message: 'in the output of the flow, the path "scor" is not in the output of step "score", which has: score',
    hint: 'did you mean "score"?',
    path: '$.output',
  })
})

test('a path with a default, into the primary field, or into an open output is none', () => {
  const plan = pull(
    'fine',
    step('a', '/http/get', object({ url: lit('x') })),
    step('b', '/untyped', lit(null)),
    output(
      object({
        a: { op: 'step', step: 0, path: 'nope', default: lit(1) },
        b: { ...ref(0, 'name'), primary: 'body' } as Expr,
        c: ref(1, 'any.thing'),
      }),
    ),
  )

  expect(codes(plan)).toEqual(['UNTYPED_COMPONENT_OUTPUT $.steps[1].component'])
})

test.each([
  ['{ $step: a, path: nmae }', '"nmae" is not in the output of step "a", which has: name, tags'],
  ['{ $template: "Hello {{ steps.a.result.nmae }}!" }', '"$.nmae" is not in the output of step "a"'],
  ['{ $template: "{{ steps.a.result.name.first | upper }}" }', '"$.name.first" is not in the output of step "a"'],
  ['{ $template: "{{ y.nmae }}!", values: { y: { $step: a } } }', '"$.nmae" is not in "y"'],
  ['{ $step: a, transform: upper(x.nmae) }', '"$.nmae" is not in the value'],
  ['{ $template: "{{ steps.a.result.name.upper() }} {{ steps.a.result.tags[0] }}" }', undefined],
  ['{ $template: "{{ steps.a.result.nmae | default(1) }}" }', undefined],
  ['{ $step: a, transform: length(x.name) + $.anything }', undefined],
])('a wrong field of a result whose schema is known is found in %s', (input, message) => {
  const { plan } = compile(`steps: [{ id: a, component: /typed }, { id: b, component: /any, input: ${input} }]`)
  const info = (name: string): ComponentInfo => ({
    name,
    outputSchema: name === '/typed' ? record({ name: text, tags: { type: 'array', items: text } }) : {},
  })

  const found = typeCheck(plan as Plan, info)

  if (message === undefined) expect(found).toEqual([])
  else expect(found.map((d) => d.message)).toEqual([expect.stringContaining(message)])
})

test('a wrong field of an element, and one in a condition, are found', () => {
  const { plan } = compile(`
steps:
  - { id: a, component: /typed }
  - { id: b, component: /any, for_each: { $step: a, path: list }, input: { $item: m } }
  - { id: c, component: /any, for_each: { $step: a, path: list }, input: { $template: "{{ item.m }}!" } }
  - { id: d, component: /any, when: { $template: "{{ steps.a.result.lits == 1 }}" } }
`)
  const list: Json = { type: 'array', items: record({ n: number }) }
  const info = (name: string): ComponentInfo => ({ name, outputSchema: name === '/typed' ? record({ list }) : {} })

  expect(typeCheck(plan as Plan, info).map((d) => d.message)).toEqual([
    'in step "b", the path "$.m" is not in the element, which has: n',
    'in step "c", the path "$.m" is not in "item", which has: n',
    'in step "d", the path "$.lits" is not in the output of step "a", which has: list',
  ])
})

test('an output that the author typed is typed', () => {
  const plan = pull('typed', step('a', '/untyped', lit(null)), output(ref(0, 'x')))
  const steps = { a: record({ y: text }) }

  expect(typeCheck(plan, infoOf, { steps }).map((d) => d.code)).toEqual(['UNKNOWN_PROPERTY_IN_PATH'])
  expect(typeCheck(plan, infoOf, { untyped: 'error' })).toMatchObject([{ level: 'error' }])
})

test('references in a schema are followed, also to themselves, and a hostile one stays small', () => {
  const tree = { $ref: '#/$defs/node', $defs: { node: record({ next: { $ref: '#/$defs/node' }, name: text }) } }
  const bomb: Record<string, unknown> = { $ref: '#/$defs/d0', $defs: {} }
  for (let i = 0; i < 40; i++) {
    const next = { $ref: `#/$defs/d${i + 1}` }
    Object.assign(bomb.$defs as object, { [`d${i}`]: { properties: { a: next, b: next, c: next } } })
  }

  expect(resolved(tree)).toEqual(record({ next: {}, name: text }))
  expect(JSON.stringify(resolved(bomb)).length).toBeLessThan(200_000)
})

test('steps that read one another in a circle are not known, and end', () => {
  const plan = pull('circle', step('a', null, ref(1, 'x')), step('b', null, ref(0, 'y')), output(ref(0)))

  expect(inferSchemas(plan, infoOf).output).toEqual({})
})

test('numbers of both kinds fit each other, text and null do not', () => {
  expect(mismatch({ type: 'number' }, { type: 'integer' })).toBeUndefined()
  expect(mismatch({ type: 'null' }, { type: 'string' })?.message).toBe('is null, but text is wanted')
  expect(mismatch({ type: ['string', 'null'] }, { type: 'string' })).toBeUndefined()
})

const schemas = { input: record({ a: text }) as never, output: text as never, steps: { one: number as never } }

test('schemas come before the steps, and comments, order and style of the file stay', async () => {
  const source = `# what it is
name: demo   # short

# the steps
steps:
- id: one
  component: /score # scores
  input: {name: {$input: a}}

output: {$step: one}
`

  const annotated = await annotate(source, schemas)

  const [head, tail] = annotated.split('  type: object\n')
  expect(head).toBe('# what it is\nname: demo # short\n\nschemas:\n')
  expect(annotated.slice(annotated.indexOf('# the steps'))).toBe(
    '# the steps\nsteps:\n- id: one\n  component: /score # scores\n  input: {name: {$input: a}}\n\noutput: {$step: one}\n',
  )
  expect(tail).toBeDefined()
  expect(parse(annotated).schemas).toEqual({
    type: 'object',
    properties: { input: schemas.input, output: text, steps: { type: 'object', properties: { one: number } } },
  })
})

test('what is declared stays, in whatever spelling', async () => {
  const older = await annotate('input_schema: {type: object}\nsteps: []\n', schemas)
  const newer = await annotate(
    'schemas:\n  properties:\n    output: {type: integer}\n    steps: {properties: {one: {type: boolean}}}\nsteps: []\n',
    schemas,
  )

  expect(parse(older).schemas.properties.input).toBeUndefined()
  expect(parse(newer).schemas.properties).toEqual({
    input: schemas.input,
    output: { type: 'integer' },
    steps: { properties: { one: { type: 'boolean' } } },
  })
  expect(declaredSteps(parse(newer))).toEqual({ one: { type: 'boolean' } })
})

test('JSON stays JSON, and a bare list becomes an object', async () => {
  const json = JSON.parse(await annotate('{"name": "x", "steps": [], "output": 1}', schemas))
  const list = parse(await annotate('# tools\n- id: one\n  tool: INPUT_TEXT\n', schemas))

  expect(Object.keys(json)).toEqual(['name', 'schemas', 'steps', 'output'])
  expect(list.steps).toEqual([{ id: 'one', tool: 'INPUT_TEXT' }])
  expect(list.schemas.properties.output).toEqual(text)
})

test('annotating twice changes nothing more', async () => {
  const once = await annotate('steps:\n  - id: one\n    component: /score\n', schemas)

  expect(await annotate(once, schemas)).toBe(once)
})

test('a step per element sees the input and the steps outside with their types', () => {
  const outer = step('outer', null, { op: 'call', fn: 'reopen', args: [input('$.steps.score')] }, { hidden: true })
  const child = pull(
    'each',
    outer,
    step('each', '/http/get', object({ url: input('$.input.base'), timeout: ref(0, 'score') })),
  )
  const plan = pull(
    'map',
    step('score', '/score', object({ name: input('name') })),
    step(
      'each',
      '$core/map',
      object({
        plan: lit(child as unknown as Json),
        items: input('links'),
        shared: object({ input: input(), steps: object({ score: { op: 'outcome', step: 0 } }) }),
      }),
    ),
    output(ref(1)),
  )

  expect(inputOf(plan, infoOf)).toEqual({
    type: 'object',
    properties: { base: text, name: text, links: { type: 'array' } },
    required: ['base', 'name', 'links'],
  })
  expect(typeCheck(plan, infoOf)).toEqual([])
  expect(inferSchemas(plan, infoOf).output).toMatchObject({ type: 'array', items: { type: 'object' } })
})
