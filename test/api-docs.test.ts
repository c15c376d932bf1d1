// docs/api.md is what the docstrings say now, they say enough, and their examples compile, run and print what they claim.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { entrySources } from '../scripts/sources.mjs'
import { root } from './stepflow.ts'

interface Name {
  readonly name: string
  readonly kind: 'function' | 'class' | 'value' | 'type'
  readonly file: string
  readonly prose: string
  readonly declaration: string
  readonly parameters: readonly string[]
  readonly params: readonly { readonly name: string; readonly about: string }[]
  readonly examples: readonly string[]
}

const script = join(root, 'scripts/api-docs.mjs')
const read = execFileSync(process.execPath, [script, '--json'], { encoding: 'utf8', maxBuffer: 1 << 26 })
const entries = JSON.parse(read) as { from: string; names: Name[] }[]

const sources = entrySources()

/** Reached by a symbol only, or read off a schema of the HTTP API: what our own modules say to one another. */
const INTERNAL = new Set(['ComponentBrand', 'Definition', 'Program', 'Shape'])

/** What any source file exports as a type, those of the command line aside. Type parameters are not among it. */
const exported = new Set(
  readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name, 'src'))
    .filter((source) => existsSync(source))
    .flatMap((source) => readdirSync(source, { recursive: true, encoding: 'utf8' }).map((file) => join(source, file)))
    .filter((file) => file.endsWith('.ts') && !file.includes('/stepflow/src/cli/'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/^export (?:interface|type|class) (\w+)/gm)])
    .map(([, name]) => name),
)

mkdirSync(join(root, 'tmp'), { recursive: true })
// Inside the checkout, so that an example finds the packages it imports.
const folder = mkdtempSync(join(root, 'tmp', 'api-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('the page is up to date; if not: npm run docs', () => {
  expect(spawnSync(process.execPath, [script, '--check']).status).toBe(0)
})

test('a type that a declaration names can be imported like the name itself', () => {
  const known = new Set(entries.flatMap(({ names }) => names.map(({ name }) => name)))
  const unnameable = entries
    .filter(({ from }) => from !== 'stepflow/sdk')
    .flatMap(({ names }) => names)
    .flatMap(({ name, file, declaration }) => {
      const source = readFileSync(join(root, file), 'utf8')
      const types = typesIn(declaration).filter((type) => !new RegExp(`^type ${type}\\b`, 'm').test(source))
      return types.map((type) => ({ name, type }))
    })
    .filter(({ type }) => exported.has(type) && !known.has(type) && !INTERNAL.has(type))

  expect(unnameable).toEqual([])
})

for (const { from, names } of entries) {
  describe(from, () => {
    test('each name is told in a sentence', () => {
      expect(names.filter(({ prose }) => !/\S/.test(prose)).map(({ name }) => name)).toEqual([])
    })

    test('each function, class and value has an example', () => {
      const bare = names.filter(({ kind, examples }) => kind !== 'type' && examples.length === 0)
      expect(bare.map(({ name }) => name)).toEqual([])
    })

    test('each function tells its parameters, and no others', () => {
      for (const { name, kind, parameters, params } of names) {
        if (kind === 'function') expect([name, ...params.map((one) => one.name)]).toEqual([name, ...parameters])
      }
    })
  })
}

describe('examples', () => {
  const examples = entries.flatMap(({ from, names }) =>
    names.flatMap((of) =>
      of.examples.map((code, i) => ({
        title: `${of.name} of ${from}${i > 0 ? `, the ${i + 1}. one` : ''}`,
        file: join(folder, `${from.replace('/', '-')}-${of.name}${i > 0 ? i : ''}.ts`),
        code,
        from,
      })),
    ),
  )
  for (const { file, code, from } of examples) writeFileSync(file, `${importsOf(code, from)}\n${code}\nexport {}\n`)

  test('compile', () => {
    const paths = Object.fromEntries(Object.entries(sources).map(([name, path]) => [name, [path]]))
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.test.json', compilerOptions: { paths }, include: ['*.ts'] }),
    )
    const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], {
      encoding: 'utf8',
    })
    expect(stdout).toBe('')
  }, 120_000)

  describe('print what they claim', async () => {
    await build({
      entryPoints: examples.map(({ file }) => file),
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      alias: sources,
      logLevel: 'error',
    })
    for (const { title, file, code } of examples) {
      test(title, async () => {
        const { status, stdout, stderr } = await runProgram(file.replace(/\.ts$/, '.mjs'))
        expect(stderr).toBe('')
        expect(status).toBe(0)
        expect(stdout.split('\n').filter(Boolean)).toEqual(claimsOf(code))
      })
    }
  })
})

// ---

/** Of the names that are used, each from its own module; of two modules' names, the one of the example's own. */
function importsOf(code: string, own: string): string {
  const words = new Set(code.replaceAll(/\/\/.*|'[^'\n]*'/g, '').match(/[A-Za-z_]\w*/g))
  const taken = new Set<string>()
  const ordered = [...entries].sort((a, b) => Number(b.from === own) - Number(a.from === own))
  return ordered
    .map(({ from, names }) => {
      const used = names.filter(({ name }) => words.has(name) && !taken.has(name))
      for (const { name } of used) taken.add(name)
      const list = used.map(({ name, kind }) => (kind === 'type' ? `type ${name}` : name))
      return list.length > 0 ? `import { ${list.join(', ')} } from '${from}'` : ''
    })
    .join('\n')
}

/** Names with a capital, outside of comments and texts. */
function typesIn(declaration: string): string[] {
  const code = declaration.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|'[^']*'/g, '')
  return [...new Set(code.match(/\b[A-Z]\w*/g))]
}

/** What follows `//` after a `console.log`; of one in a loop: `this, then that`. */
function claimsOf(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\) \/\/ (.+)$/gm)].flatMap(([, said = '']) => said.split(', then '))
}

/** With nothing to read: a server ends when the other end is gone. */
function runProgram(file: string): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text) => {
    stdout += text
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout, stderr })))
}
