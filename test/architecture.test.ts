// Who may import whom, read off the import lines. docs: CONTRIBUTING.md, "Who may import whom".

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './stepflow.ts'

/** Package folder -> what else of ours it may import. */
const mayImport: Record<string, readonly string[]> = {
  engine: [],
  dialects: ['@stepflow/engine'],
  draw: ['@stepflow/engine'],
  schema: ['@stepflow/engine'],
  builtin: ['@stepflow/engine', '@stepflow/schema'],
  protocol: ['@stepflow/engine'],
  'store-sqlite': ['@stepflow/engine'],
  code: [
    '@stepflow/engine',
    '@stepflow/engine/testing',
    '@stepflow/dialects',
    '@stepflow/draw',
    '@stepflow/schema',
    '@stepflow/builtin',
  ],
  host: [
    '@stepflow/engine',
    '@stepflow/dialects',
    '@stepflow/schema',
    '@stepflow/builtin',
    '@stepflow/protocol',
    '@stepflow/store-sqlite',
    '@stepflow/code',
  ],
  stepflow: [
    '@stepflow/engine',
    '@stepflow/dialects',
    '@stepflow/dialects/infer',
    '@stepflow/draw',
    '@stepflow/draw/png',
    '@stepflow/schema',
    '@stepflow/protocol/sdk',
    '@stepflow/store-sqlite',
    '@stepflow/code',
    '@stepflow/code/testing',
    '@stepflow/host',
    '@stepflow/host/history',
  ],
}

const imports = Object.keys(mayImport).flatMap((name) =>
  sourcesOf(join(root, 'packages', name, 'src')).flatMap((file) =>
    importsOf(file).map((target) => ({ name, file, target })),
  ),
)

describe('packages', () => {
  test('each imports only those below it', () => {
    const wrong = imports.filter(
      ({ name, target }) => /^(@stepflow\/|stepflow)/.test(target) && !mayImport[name]?.includes(target),
    )
    expect(wrong).toEqual([])
  })

  test('none reaches into another by a path', () => {
    const wrong = imports.filter(
      ({ name, file, target }) =>
        target.startsWith('.') && relative(join(root, 'packages', name), join(dirname(file), target)).startsWith('..'),
    )
    expect(wrong).toEqual([])
  })
})

describe('the engine', () => {
  const inEngine = (folder: string) => imports.filter(({ file }) => file.includes(`/engine/src/${folder}`))

  test('depends on nothing but Node', () => {
    expect(inEngine('').filter(({ target }) => !target.startsWith('.') && !target.startsWith('node:'))).toEqual([])
  })

  test('plan knows neither run nor store', () => {
    expect(inEngine('plan/').filter(({ target }) => /\.\.\/(run|store|journal|component)\//.test(target))).toEqual([])
  })

  test('the scheduler has no clock, no chance, no promise and no store', () => {
    for (const file of sourcesOf(join(root, 'packages/engine/src/run/scheduler'))) {
      const text = readFileSync(file, 'utf8').replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '')
      expect(text, file).not.toMatch(/\bawait\b|\basync\b|Date\b|Math\.random|\bstore\b|console\./)
    }
  })

  test('each room of run imports only those below it', () => {
    const rooms = ['scheduler', 'in-flight', 'calls', 'driver', 'engine']
    const wrong = rooms.flatMap((room, floor) =>
      inEngine(`run/${room}/`).filter(({ target }) => rooms.slice(floor + 1).includes(target.split('/')[1] as string)),
    )
    expect(wrong).toEqual([])
  })

  test('no word of a front end is under it', () => {
    for (const file of sourcesOf(join(root, 'packages/engine/src'))) {
      expect(readFileSync(file, 'utf8'), file).not.toMatch(
        /manifest|yaml|jinja|StepFunction|forEach:|skip_if|on_error/i,
      )
    }
  })
})

describe('what a page needs', () => {
  test.each(['dialects', 'draw'])('%s needs no Node (PNG aside)', (name) => {
    const sources = sourcesOf(join(root, 'packages', name, 'src')).filter((file) => !file.endsWith('/draw/src/png.ts'))
    for (const file of sources) {
      const text = readFileSync(file, 'utf8').replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '')
      expect(text, file).not.toMatch(/'node:|\bBuffer\.|\bprocess\.|import\.meta|'\.\/png\.ts'/)
    }
  })
})

describe('recorded runs', () => {
  test('are read by nobody but through the door of the host, which redacts', () => {
    const reads = /\bstore\.read\(|\bruns\.(?:items|shards|list)\(|\bblobs\.get\(/
    const wrong = sourcesOf(join(root, 'packages/stepflow/src')).filter((file) =>
      reads.test(readFileSync(file, 'utf8')),
    )
    expect(wrong).toEqual([])
  })
})

function sourcesOf(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return sourcesOf(path)
    return path.endsWith('.ts') ? [path] : []
  })
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] as string)
}
