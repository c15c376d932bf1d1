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
  'store-sqlite': ['@stepflow/engine', '@stepflow/engine/node'],
  'store-postgres': ['@stepflow/engine', '@stepflow/engine/node'],
  api: ['@stepflow/engine'],
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
    '@stepflow/engine/node',
    '@stepflow/dialects',
    '@stepflow/dialects/infer',
    '@stepflow/schema',
    '@stepflow/builtin',
    '@stepflow/protocol',
    '@stepflow/protocol/grpc',
    '@stepflow/store-sqlite',
    '@stepflow/store-postgres',
    '@stepflow/code',
  ],
  server: [
    '@stepflow/engine',
    '@stepflow/schema',
    '@stepflow/api',
    '@stepflow/host',
    '@stepflow/host/cases',
    '@stepflow/host/history',
    '@stepflow/host/named-flows',
    '@stepflow/host/observability',
    '@stepflow/host/schedules',
    '@stepflow/host/secrets',
    '@stepflow/host/tokens',
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
    '@stepflow/store-postgres',
    '@stepflow/code',
    '@stepflow/code/testing',
    '@stepflow/host',
    '@stepflow/host/cases',
    '@stepflow/host/history',
    '@stepflow/host/secrets',
    '@stepflow/host/tokens',
    '@stepflow/api',
    '@stepflow/api/client',
    '@stepflow/server',
  ],
  temporal: [
    '@stepflow/engine',
    '@stepflow/dialects',
    '@stepflow/schema',
    '@stepflow/builtin/anywhere',
    '@stepflow/host',
  ],
  web: [
    '@stepflow/engine',
    '@stepflow/dialects',
    '@stepflow/dialects/edit',
    '@stepflow/api',
    '@stepflow/api/client',
    '@stepflow/draw',
  ],
}

/** Packages that stand elsewhere: with dependencies that nobody else installs. */
const FOLDERS: Readonly<Record<string, string>> = { temporal: 'extensions/temporal' }

const folderOf = (name: string) => join(root, FOLDERS[name] ?? `packages/${name}`)

/**
 * The rooms of a package: each may import values only from those before it. Types may come from anywhere, and files that
 * stand in no room are everybody's.
 */
const rooms: Record<string, readonly string[]> = {
  engine: ['plan', 'component', 'journal', 'secrets', 'store', 'run', 'node', 'testing'],
  dialects: ['source', 'template', 'edit', 'functions', 'stepflow', 'manifest', 'convert', 'infer'],
  draw: ['layout'],
  protocol: ['grpc'],
  builtin: ['jail'],
  'store-sqlite': ['sql'],
  'store-postgres': ['sql'],
  api: ['shapes', 'client'],
  code: ['compile', 'library'],
  host: [
    'plugins',
    'blobs',
    'config',
    'secrets',
    'tokens',
    'schedules',
    'flows',
    'named-flows',
    'cases',
    'lines',
    'history',
    'serving',
    'observability',
    'elsewhere',
  ],
  temporal: ['payloads', 'calls', 'workflow', 'runs'],
  server: ['app', 'access', 'signatures', 'flows', 'runs', 'events', 'triggers', 'mcp', 'page', 'routes'],
  web: ['styles', 'model', 'worker', 'api', 'parts', 'canvas', 'shell', 'pages'],
  stepflow: ['progress', 'batch', 'cases', 'remote', 'elsewhere', 'runs', 'commands'],
}

const imports = Object.keys(mayImport).flatMap((name) =>
  sourcesOf(join(folderOf(name), 'src')).flatMap((file) => importsOf(file).map((found) => ({ name, file, ...found }))),
)

describe('packages', () => {
  test('each imports only those below it', () => {
    const wrong = imports.filter(
      ({ name, target }) => /^(@stepflow\/|stepflow)/.test(target) && !mayImport[name]?.includes(target),
    )
    expect(wrong).toEqual([])
  })

  test('what knows Temporal loads nothing of the host: that hands itself over', () => {
    const wrong = imports.filter(
      ({ name, target, isType }) => name === 'temporal' && target === '@stepflow/host' && !isType,
    )
    expect(wrong).toEqual([])
  })

  test('none reaches into another by a path', () => {
    const wrong = imports.filter(
      ({ name, file, target }) =>
        target.startsWith('.') && relative(folderOf(name), join(dirname(file), target)).startsWith('..'),
    )
    expect(wrong).toEqual([])
  })
})

describe('within a package', () => {
  test('every room is in the list of rooms', () => {
    const unknown = Object.keys(mayImport).flatMap((name) => {
      const source = join(folderOf(name), 'src')
      const folders = readdirSync(source, { withFileTypes: true }).filter(
        (entry) => entry.isDirectory() && sourcesOf(join(source, entry.name)).length > 0,
      )
      const known = [...(rooms[name] ?? []), ...(name === 'stepflow' ? ['cli'] : [])]
      return folders.filter((folder) => !known.includes(folder.name)).map((folder) => `${name}/src/${folder.name}`)
    })
    expect(unknown).toEqual([])
  })

  test.each(Object.keys(rooms))('%s: a room imports values only from those before it', (name) => {
    const source = join(folderOf(name), name === 'stepflow' ? 'src/cli' : 'src')
    const floorOf = (file: string) => rooms[name]?.indexOf(relative(source, file).split('/')[0] as string) ?? -1
    const wrong = imports.filter(({ name: of, file, target, isType }) => {
      if (of !== name || isType || !target.startsWith('.')) return false
      const [from, to] = [floorOf(file), floorOf(join(dirname(file), target))]
      return from >= 0 && to > from
    })
    expect(wrong).toEqual([])
  })

  test.each(Object.keys(mayImport))('%s: no file imports itself by way of others', (name) => {
    const reads = new Map<string, string[]>()
    for (const { name: of, file, target, isType, isLazy } of imports) {
      if (of !== name || isType || isLazy || !target.startsWith('.')) continue
      reads.set(file, [...(reads.get(file) ?? []), join(dirname(file), target)])
    }
    expect(circleIn(reads)).toEqual([])
  })
})

describe('the engine', () => {
  const inEngine = (folder: string) => imports.filter(({ file }) => file.includes(`/engine/src/${folder}`))

  test('depends on nothing, but for one room Node neither, and nothing in it depends on that room', () => {
    const outside = (target: string) => !target.startsWith('.')
    const rest = inEngine('').filter(({ file }) => !file.includes('/engine/src/node/'))
    expect(rest.filter(({ target }) => outside(target) || /\/node\//.test(target))).toEqual([])
    expect(inEngine('node/').filter(({ target }) => outside(target) && !target.startsWith('node:'))).toEqual([])
    for (const { file } of rest) {
      const text = readFileSync(file, 'utf8').replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '')
      expect(text, file).not.toMatch(/\bBuffer\b|\bprocess\.(?:env|getBuiltinModule|platform|cwd)\b|\brequire\(/)
    }
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
  test.each(['dialects', 'draw', 'api'])('%s needs no Node (PNG aside)', (name) => {
    const sources = sourcesOf(join(root, 'packages', name, 'src')).filter((file) => !file.endsWith('/draw/src/png.ts'))
    for (const file of sources) {
      const text = readFileSync(file, 'utf8').replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '')
      expect(text, file).not.toMatch(/'node:|\bBuffer\.|\bprocess\.|import\.meta|'\.\/png\.ts'/)
    }
  })
})

describe('recorded runs', () => {
  test('are read by nobody but through the door of the host, which redacts', () => {
    const reads = /\bstore\.(?:read|runs\.(?:items|shards|list)|blobs\.get)\(/
    const wrong = ['stepflow', 'server']
      .flatMap((name) => sourcesOf(join(root, 'packages', name, 'src')))
      .filter((file) => reads.test(readFileSync(file, 'utf8')))
    expect(wrong).toEqual([])
  })
})

function sourcesOf(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return sourcesOf(path)
    return /\.tsx?$/.test(path) ? [path] : []
  })
}

interface Import {
  readonly target: string
  /** Nothing of it is left when the program runs. */
  readonly isType: boolean
  /** Read when it is used. */
  readonly isLazy: boolean
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?([^'"`;=()]*?)\s*from\s*'([^']+)'|import\('([^']+)'\)|^import '([^']+)'/gm,
  )
  return [...found].map(([, type, names = '', target, lazy, bare]) => ({
    target: target ?? lazy ?? bare ?? '',
    isType: type !== undefined || (lazy === undefined && bare === undefined && isAllTypes(names)),
    isLazy: lazy !== undefined,
  }))
}

/** `{ type A, type B }` */
function isAllTypes(names: string): boolean {
  const [, list = ''] = /^\s*\{([^}]*)\}\s*$/.exec(names) ?? []
  const parts = list
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
  return parts.length > 0 && parts.every((part) => part.startsWith('type '))
}

/** The files of the first circle, in order; none: []. */
function circleIn(reads: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const way: string[] = []
  const walk = (file: string): string[] => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
    if (done.has(file)) return []
    way.push(file)
    for (const next of reads.get(file) ?? []) {
      const circle = walk(next)
      if (circle.length > 0) return circle
    }
    way.pop()
    done.add(file)
    return []
  }
  for (const file of reads.keys()) {
    const circle = walk(file)
    if (circle.length > 0) return circle.map((one) => relative(root, one))
  }
  return []
}
