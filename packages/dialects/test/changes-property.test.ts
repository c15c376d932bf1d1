// Random operations on every flow that the repository has: the changes give what the operation does to the data, and nothing else.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { equalJson, FlowError, type Json } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { changed, changesOf, type Operation } from '../src/edit/index.ts'
import { stepsOf } from '../src/edit/steps.ts'
import { compile, readSource, toJson } from '../src/index.ts'

const root = join(import.meta.dirname, '../../..')
const files = ['conformance/stepflow', 'conformance/manifest'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => /\.ya?ml$/.test(name) && name !== 'transform-without-quotes.yaml')
    .map((name) => `${folder}/${name}`),
)

test.each([
  ['as it stands', 2, (text: string) => text],
  ['with CRLF', 9, (text: string) => text.replace(/\r?\n/g, '\r\n')],
  ['as JSON', 9, (text: string) => JSON.stringify(dataOf(text), null, 2)],
  ['as JSON on one line', 9, (text: string) => JSON.stringify(dataOf(text))],
  [
    'with both line ends',
    9,
    (text: string) => text.replace(/\r?\n/g, (_, at: number) => (at % 2 === 0 ? '\r\n' : '\n')),
  ],
] as const)(
  'any operation on any file %s gives what it does to the data, and no comment is lost',
  (_, each, written) => {
    const random = randomOf(1)
    let done = 0
    const refused: string[] = []
    const faults: string[] = []
    for (const file of files.filter((_, i) => i % each === 1)) {
      const text = written(readFileSync(join(root, file), 'utf8'))
      for (const operation of operations(dataOf(text), random)) {
        const what = `${file} ${JSON.stringify(operation)}`
        let made: string
        try {
          made = changed(text, changesOf(text, operation))
        } catch (error) {
          if (!(error instanceof FlowError)) throw error
          refused.push(`${what}: ${error.message}`)
          continue
        }
        done++
        const say = (fault: string) => faults.push(`${what}: ${fault}\n${made}`)
        if (!equalJson(dataOf(made), onData(dataOf(text), operation))) say('other data')
        if (isOneLine(operation, dataOf(text)) && linesChanged(text, made) > 1) say('more than its line')
        if (!['delete', 'unset', 'set'].includes(operation.op)) {
          for (const comment of commentsOf(text)) if (!made.includes(comment)) say(`lost ${comment}`)
        }
      }
    }
    expect(faults).toEqual([])
    expect(done).toBeGreaterThan(100)
    expect(refused.filter((line) => !/alias|more than one place|exists|reads/.test(line))).toEqual([])
    expect(refused.length / done).toBeLessThan(0.02)
  },
)

test('a renamed step is renamed in its plan, and nothing else is', () => {
  for (const file of files.filter((_, i) => i % 3 === 0)) {
    const text = readFileSync(join(root, file), 'utf8')
    const before = compile(text, { file: join(root, file) })
    if (!before.plan) continue
    for (const { id } of before.plan.steps.slice(0, 3)) {
      if (!stepsOf(dataOf(text)).steps.some(([key, step]) => key === id || (step as { id?: unknown }).id === id))
        continue
      const made = changed(text, changesOf(text, { op: 'rename', step: id, to: 'renamed_step' }))
      const after = compile(made, { file: join(root, file) })
      // Columns on the same line, and what a message says of the text, move with the name.
      const neutral = (plan: unknown) =>
        JSON.stringify(plan, (key, one) => (key === 'origin' || key === 'hash' ? undefined : one)).replace(
          new RegExp(`(?<![\\w-])(?:${id}|renamed_step)(?![\\w-])`, 'g'),
          'NAME',
        )
      expect(
        after.diagnostics.filter(({ level }) => level === 'error'),
        `${file} ${id}\n${made}`,
      ).toEqual([])
      expect(neutral(after.plan), `${file} ${id}\n${made}`).toBe(neutral(before.plan))
    }
  }
})

// ---

function dataOf(text: string): Json {
  const { node, diagnostics } = readSource(text)
  if (!node) throw new Error(JSON.stringify(diagnostics))
  return toJson(node)
}

/** Of a small generator, the same each time. */
function randomOf(seed: number): (most: number) => number {
  let state = seed
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * most)
  }
}

const VALUES: readonly Json[] = [
  'plain',
  'with: colon # and more',
  'two\nlines\n',
  '',
  'true',
  '12',
  ' led',
  7,
  -0.5,
  true,
  null,
  [],
  {},
  ['a', { b: [1, 2] }],
  { $step: 'fetch', path: 'body' },
  { deep: { er: ['x', 'y: z'] }, text: 'a\n\nb' },
]

function operations(data: Json, random: (most: number) => number): Operation[] {
  const { steps, path } = stepsOf(data)
  const one = <T>(list: readonly T[]): T => list[random(list.length)] as T
  const found: Operation[] = []
  const places = pathsOf(data)
  if (places.length > 0) {
    found.push({ op: 'set', path: one(places), value: one(VALUES) }, { op: 'unset', path: one(places) })
  }
  const ids = steps.flatMap(([key, step]) => {
    const id = (step as { id?: unknown } | null)?.id ?? key
    return typeof id === 'string' ? [id] : []
  })
  if (ids.length === 0) return found
  const [a, b] = [one(ids), one(ids)]
  found.push(
    { op: 'set', step: a, path: ['metadata', 'x', 'y'], value: one(VALUES) },
    {
      op: 'insert',
      path,
      at: random(steps.length + 1),
      value: { id: 'new_one', component: '/builtin/noop', input: one(VALUES) },
    },
    { op: 'delete', step: a },
    { op: 'move', step: a, at: random(steps.length) },
  )
  if (a !== b) found.push({ op: 'connect', from: a, to: b })
  if (!Array.isArray(data))
    found.push({ op: 'insert', path: ['test', 'cases'], value: { name: 'n', input: one(VALUES) } })
  return found
}

/** Every place of the data but the whole. */
function pathsOf(data: Json, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof data !== 'object' || data === null) return path.length > 0 ? [path] : []
  const keys = Array.isArray(data) ? data.map((_, i) => i) : Object.keys(data)
  const inner = keys.flatMap((key) => pathsOf((data as Record<string | number, Json>)[key] as Json, [...path, key]))
  return path.length > 0 ? [path, ...inner] : inner
}

/** The operation, done without a text: another way than the program's own. */
function onData(before: Json, operation: Operation): Json {
  const data: any = structuredClone(before)
  const { path: stepsPath, steps } = stepsOf(data)
  const keyOf = (id: string) =>
    (steps.find(([key, step]) => ((step as { id?: unknown } | null)?.id ?? key) === id) as [string | number, Json])[0]
  const list: any = stepsPath.length === 0 ? data : data.steps
  switch (operation.op) {
    case 'set':
    case 'unset': {
      let holder = operation.step === undefined ? data : list[keyOf(operation.step)]
      for (const key of operation.path.slice(0, -1)) holder = holder[key] ??= {}
      const key = operation.path.at(-1) as string
      if (operation.op === 'set') holder[key] = operation.value
      else if (Array.isArray(holder)) holder.splice(Number(key), 1)
      else delete holder[key]
      return data
    }
    case 'insert': {
      if (operation.path[0] === 'test') {
        data.test ??= {}
        data.test.cases ??= []
        data.test.cases.push(operation.value)
      } else if (Array.isArray(list)) list.splice(operation.at as number, 0, operation.value)
      else {
        const { id, ...rest } = operation.value as { id: string }
        list[id] = rest
      }
      return data
    }
    case 'delete': {
      for (const [key] of steps) {
        for (const name of ['needs', 'depends_on', 'dependsOn']) {
          const needs = list[key]?.[name]
          if (needs === undefined || key === keyOf(operation.step)) continue
          const left = [needs].flat().filter((need: string) => need !== operation.step)
          if (left.length === 0) delete list[key][name]
          else if (Array.isArray(needs)) list[key][name] = left
        }
      }
      if (Array.isArray(list)) list.splice(Number(keyOf(operation.step)), 1)
      else delete list[keyOf(operation.step)]
      return data
    }
    case 'move': {
      if (!Array.isArray(list)) return data
      list.splice(operation.at, 0, ...list.splice(Number(keyOf(operation.step)), 1))
      return data
    }
    case 'connect': {
      const step = list[keyOf(operation.to)]
      const key = ['needs', 'depends_on', 'dependsOn'].find((name) => name in step) ?? 'needs'
      const needs = step[key] === undefined || step[key] === null ? [] : [step[key]].flat()
      if (!needs.includes(operation.from)) step[key] = [...needs, operation.from]
      return data
    }
    default:
      return data
  }
}

function linesChanged(before: string, after: string): number {
  const [a, b] = [before.split('\n'), after.split('\n')]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  return Math.max(a.length, b.length) - start - end
}

/** A word in place of a word. */
function isOneLine(operation: Operation, data: Json): boolean {
  if (operation.op !== 'set' || operation.step !== undefined || !isWord(operation.value)) return false
  let value: Json | undefined = data
  for (const key of operation.path) value = (value as Record<string | number, Json> | null | undefined)?.[key]
  return isWord(value)
}

function isWord(value: unknown): boolean {
  return typeof value === 'object' ? value === null : !String(value).includes('\n')
}

function commentsOf(text: string): readonly string[] {
  return (text.match(/^[ \t]*#.*$|[ \t]#[ \t].*$/gm) ?? []).map((comment) => comment.trim())
}
