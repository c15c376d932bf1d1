import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CallContext, FlowError } from '@stepflow/engine'
import { afterAll, describe, expect, test } from 'vitest'
import { importModule } from '../src/plugins/import-module.ts'
import { createModulePlugin } from '../src/plugins/module.ts'

const CONTEXT = { stepId: 'here' } as CallContext // all that these functions look at
const directory = mkdtempSync(join(tmpdir(), 'module-plugin-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

async function load(name: string, text: string) {
  writeFileSync(join(directory, name), text)
  const plugin = createModulePlugin('local', join(directory, name))
  await plugin.start?.()
  return plugin
}

async function failure(name: string, text: string): Promise<FlowError> {
  try {
    await load(name, text)
  } catch (error) {
    return error as FlowError
  }
  throw new Error(`${name} was loaded`)
}

describe('a TypeScript file', () => {
  test('may have its names as paths, as flows write them', async () => {
    const plugin = await load('paths.ts', `export default { '/data/check': () => 1, plain: () => 2 }`)

    expect(plugin.components()).toMatchObject([{ name: '/data/check' }, { name: '/plain' }])
  })

  test('gives its exported functions as components, and what is no function is none', async () => {
    const plugin = await load(
      'functions.ts',
      `interface In { readonly text: string }
       enum Size { Small = 3 }
       export function wordCount({ text }: In) { return { words: text.split(' ').length, size: Size.Small } }
       export const where = async (_: unknown, context: { stepId: string }) => context.stepId
       export class NotOne {}
       export const limit = 3
       export default { third: (x: number) => x * 3 }`,
    )

    expect(plugin.resolve('/wordCount')?.call({ text: 'a b' }, CONTEXT)).toEqual({ words: 2, size: 3 })
    await expect(plugin.resolve('/where')?.call(null, CONTEXT)).resolves.toBe('here')
    expect(plugin.resolve('/third')?.call(2, CONTEXT)).toBe(6)
    const components = await plugin.components()
    expect(components.map((info) => info.name).sort()).toEqual(['/third', '/where', '/wordCount'])
  })

  test('may import its neighbours', async () => {
    writeFileSync(join(directory, 'neighbour.ts'), 'export const factor: number = 4')
    const plugin = await load(
      'imports.ts',
      `import { factor } from './neighbour'\nexport const times = (x: number) => x * factor`,
    )

    expect(plugin.resolve('/times')?.call(2, CONTEXT)).toBe(8)
  })
})

test('a component is found by its export and by the name that it gave itself, unless two have it', async () => {
  const plugin = await load(
    'own-names.mjs',
    `const made = (name, call) => ({ [Symbol.for('stepflow.component')]: { name, call } })
     export const fetchUser = made('fetch_user', () => 'user')
     export const a = made('same', () => 1)
     export const b = made('same', () => 2)
     export const c = made('a', () => 3)`,
  )

  expect(plugin.resolve('/fetchUser')?.call(null, CONTEXT)).toBe('user')
  expect(plugin.resolve('/fetch_user')?.call(null, CONTEXT)).toBe('user')
  expect(plugin.resolve('/same')).toBe(undefined)
  expect(plugin.resolve('/a')?.call(null, CONTEXT)).toBe(1)
  expect((await plugin.components()).map((info) => info.name).sort()).toEqual(['/a', '/b', '/c', '/fetchUser'])
})

test('a branded value is a component with its schemas, by the name of its export', async () => {
  const plugin = await load(
    'branded.mjs',
    `export const double = { [Symbol.for('stepflow.component')]: {
       name: 'ignored', input: { type: 'number' }, description: 'doubles', call: (x) => x * 2 } }`,
  )

  expect(plugin.resolve('/double')).toMatchObject({
    info: { name: '/double', inputSchema: { type: 'number' }, description: 'doubles' },
  })
  expect(plugin.resolve('/double')?.call(4, CONTEXT)).toBe(8)
})

describe('a file that cannot be loaded', () => {
  test('for its syntax is told with its line', async () => {
    const error = await failure('syntax.ts', 'export const a = 1\nexport function b( {\n')

    expect(error).toMatchObject({ code: 'INVALID_FLOW' })
    expect(error.message).toMatch(/^plugin "local": syntax\.ts:[23]: /)
    expect(error.message).not.toContain('\n')
  })

  test('because it throws is told with its line and words', async () => {
    const error = await failure('throws.ts', 'export const a = 1\n\nthrow new Error("no database")\n')

    expect(error.message).toBe('plugin "local": throws.ts:3: no database')
  })

  test('because what it imports is not there is told with its line', async () => {
    const error = await failure('lost.ts', `export const a = 1\nimport { b } from './nowhere.ts'\nexport const c = b`)

    expect(error.message).toMatch(/^plugin "local": lost\.ts:2: .*nowhere/)
  })

  test('because it is not there is told by name', async () => {
    const plugin = createModulePlugin('local', join(directory, 'absent.ts'))

    await expect((async () => plugin.start?.())()).rejects.toThrow(/there is no file ".*absent\.ts"/)
  })

  test('because it has no function is told so', async () => {
    expect((await failure('empty.ts', 'export const a = 1')).message).toBe(
      'plugin "local": empty.ts exports no function and no component',
    )
  })
})

test('a file whose top level goes on and on is given up: whatever else lives in the process would wait for it for ever', async () => {
  const file = join(directory, 'on-and-on.mjs')
  writeFileSync(file, 'setInterval(() => {}, 1 << 30).unref()\nawait new Promise(() => {})\nexport const a = () => 1\n')

  await expect(importModule(file, 'plugin "m"', undefined, 1)).rejects.toMatchObject({
    code: 'INVALID_FLOW',
    message: 'plugin "m": on-and-on.mjs: its top level has not ended within 0.001 s, so it cannot be loaded',
  })
})
