// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the configuration's syntax
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Diagnostic } from '@stepflow/engine'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PluginConfig } from '../src/config/config.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { substitute } from '../src/config/substitute.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'config-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function load(text: string, env: Record<string, string> = {}) {
  writeFileSync(join(home, 'stepflow-config.yml'), text)
  return loadConfig({ cwd: home, env })
}

function messages(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ level, line, message }) => `${level} ${line}: ${message}`)
}

function plugin<T extends PluginConfig['type']>(plugins: readonly PluginConfig[], type: T) {
  return plugins.find((each) => each.type === type) as Extract<PluginConfig, { type: T }> | undefined
}

describe('the file', () => {
  test('beside the flow comes before that of the current directory', async () => {
    mkdirSync(join(home, 'flows'))
    writeFileSync(join(home, 'stepflow-config.yml'), 'http: { allow_private: here }')
    writeFileSync(join(home, 'flows', 'stepflow_config.yaml'), 'http: { allow_private: beside }')

    const beside = await loadConfig({ flowFile: 'flows/a.yaml', cwd: home, env: {} })
    const here = await loadConfig({ flowFile: 'a.yaml', cwd: home, env: {} })

    expect(beside.config.http.allowPrivate).toEqual(['beside'])
    expect(here.config.http.allowPrivate).toEqual(['here'])
  })

  test('named by --config comes before all, and must be there', async () => {
    writeFileSync(join(home, 'stepflow-config.yml'), 'http: { allow_private: here }')
    writeFileSync(join(home, 'other.json'), '{"http": {"allowPrivate": ["named"]}}')

    const named = await loadConfig({ path: 'other.json', cwd: home, env: {} })
    const absent = await loadConfig({ path: 'absent.yml', cwd: home, env: {} })

    expect(named.config.http.allowPrivate).toEqual(['named'])
    expect(absent.diagnostics).toMatchObject([{ code: 'CONFIG_NOT_FOUND', level: 'fatal' }])
  })

  test('must be the only one in its directory', async () => {
    writeFileSync(join(home, 'stepflow-config.yml'), '')
    writeFileSync(join(home, 'stepflow_config.yml'), '')

    const { diagnostics } = await loadConfig({ cwd: home, env: {} })

    expect(diagnostics[0]?.message).toContain('stepflow-config.yml, stepflow_config.yml')
  })

  test('for tests comes first when a flow is tested', async () => {
    writeFileSync(join(home, 'stepflow-config.yml'), 'http: { allow_private: run }')
    writeFileSync(join(home, 'stepflow-config.test.yml'), 'http: { allow_private: test }')

    const { config } = await loadConfig({ flowFile: 'a.yaml', purpose: 'test', cwd: home, env: {} })

    expect(config.http.allowPrivate).toEqual(['test'])
  })

  test('may be missing or empty: then there is the builtin plugin', async () => {
    const none = await loadConfig({ cwd: home, env: {} })
    const empty = await load('# nothing yet\n')

    expect(none).toMatchObject({ diagnostics: [], config: { directory: home, plugins: [{ type: 'builtin' }] } })
    expect(empty).toMatchObject({ diagnostics: [], config: { plugins: [{ type: 'builtin' }] } })
  })
})

describe('keys', () => {
  test('are read in both spellings', async () => {
    const { config, diagnostics } = await load(`
plugins:
  python: { type: stepflow, command: python3, maxInFlight: 3, startupTimeout: 2s }
routes:
  "/python/{*component}": [{ plugin: python, componentDeny: [secret], conditions: [{ path: $.a, value: 1 }] }]
stateStore: { type: sqlite, databaseUrl: "sqlite:runs.db?mode=rwc" }
`)

    expect(diagnostics).toEqual([])
    expect(plugin(config.plugins, 'stepflow')).toMatchObject({ maxInFlight: 3, startupTimeoutMs: 2000, processes: 1 })
    expect(config.routes[0]?.rules).toEqual([
      { plugin: 'python', deny: ['/secret'], conditions: [{ path: '$.a', value: 1 }] },
    ])
    expect(config.stateStore).toEqual({ type: 'sqlite', path: join(home, 'runs.db') })
  })

  test('in two spellings at once are an error', async () => {
    const { diagnostics } = await load('state_store: { type: memory }\nstateStore: { type: memory }\n')

    expect(messages(diagnostics)).toEqual([
      'error 2: "state_store" and "stateStore" are two spellings of one key in the configuration',
    ])
  })

  test('that are unknown warn with a suggestion', async () => {
    const { diagnostics } = await load(
      'plugins:\n  a:\n    type: mock\n    componets: {}\nroutes: { /: [{ plugin: a }] }\n',
    )

    expect(messages(diagnostics)).toEqual([
      'warning 4: unknown key "componets" in plugin "a" (line 4). Did you mean "components"?',
    ])
  })

  test('of parts that we do not have are named, and are no warning', async () => {
    const { diagnostics } = await load('retry: { transportMaxRetries: 0 }\n')

    expect(messages(diagnostics)).toEqual(['hint 1: "retry" has no effect here'])
  })
})

describe('plugins', () => {
  test('have commands and paths relative to the file', async () => {
    const { config } = await load(`
plugins:
  a: { type: stepflow, command: ./serve.sh, args: [./x], env: { PORT: 8080 } }
  b: { type: module, path: ./components.ts }
routes: { /a: [{ plugin: a }], /b: [{ plugin: b }] }
files: { allow: [../data] }
`)

    expect(plugin(config.plugins, 'stepflow')).toMatchObject({
      command: join(home, 'serve.sh'),
      args: ['./x'],
      env: { PORT: '8080' },
    })
    expect(plugin(config.plugins, 'module')?.path).toBe(join(home, 'components.ts'))
    expect(config.files.allow).toEqual([join(home, '..', 'data')])
  })

  test('slips of the pen are refused: very many processes, a number in the place of a path', async () => {
    const { diagnostics } = await load(`
plugins: { a: { type: stepflow, command: x, processes: 100000 } }
routes: { /a: [{ plugin: a }] }
files: { allow: 3 }
`)

    expect(messages(diagnostics)).toEqual([
      'error 2: "processes" of plugin "a" must be a whole number from 1 to 1024, but is "100000"',
      'error 4: "files.allow" must be text, or a list of texts, but has 3',
    ])
  })

  test('servers that others start have an address, a time limit and a place for blobs', async () => {
    const { config, diagnostics } = await load(`
plugins:
  remote: { type: stepflow, url: "http://127.0.0.1:8080", timeout: 30s, blob_url: "http://10.0.0.1:1/x" }
routes: { /remote: [{ plugin: remote }] }
`)

    expect(diagnostics).toEqual([])
    expect(plugin(config.plugins, 'stepflow')).toMatchObject({
      url: 'http://127.0.0.1:8080',
      timeoutMs: 30_000,
      blobUrl: 'http://10.0.0.1:1/x',
    })
  })

  test('of a type that is not available warn, and say so where they are called', async () => {
    const { config, diagnostics } = await load(`
plugins:
  queue: { type: nats, url: "nats://x" }
routes: { /queue: [{ plugin: queue }] }
`)

    expect(diagnostics.map(({ level, code }) => `${level} ${code}`)).toEqual(['warning PLUGIN_UNAVAILABLE'])
    expect(plugin(config.plugins, 'unavailable')?.reason).toContain('is of type nats, which is not supported')
  })

  test('that are MCP servers are a program with arguments and an environment, or an address with headers', async () => {
    const { config, diagnostics } = await load(
      `
plugins:
  files: { type: mcp, command: ./serve, args: [--root, "$HOME"], env: { KEY: "\${KEY}" }, startup_timeout: 5s, max_in_flight: 2 }
  remote: { type: mcp, url: "https://example.com/mcp", headers: { Authorization: "Bearer \${KEY}" } }
routes: { /files: [{ plugin: files }], /remote: [{ plugin: remote }] }
`,
      { KEY: 'k', HOME: '/home/me' },
    )

    expect(diagnostics).toEqual([])
    expect(config.plugins.slice(0, 2)).toEqual([
      {
        name: 'files',
        type: 'mcp',
        command: expect.stringMatching(/^\/.*\/serve$/),
        args: ['--root', '/home/me'],
        env: { KEY: 'k' },
        startupTimeoutMs: 5000,
        maxInFlight: 2,
      },
      { name: 'remote', type: 'mcp', url: 'https://example.com/mcp', headers: { Authorization: 'Bearer k' } },
    ])
  })

  test.each([
    ['a: { type: mocks }', 'plugin "a" is of type "mocks", which does not exist. Did you mean "mock"?'],
    ['a: {}', 'plugin "a" says no "type"'],
    ['a: [1]', 'plugin "a" must be an object, but is a list'],
    ['a: { type: stepflow }', 'plugin "a" has neither "command", the program that serves its components, nor "url"'],
    ['a: { type: stepflow, url: "ftp://x" }', '"url" of plugin "a" is "ftp://x"'],
    [
      'a: { type: stepflow, url: "http://x", transport: stdio }',
      '"transport" of plugin "a" is stdio, but it has a "url"',
    ],
    ['a: { type: stepflow, command: x, url: y }', 'plugin "a" has both "command" and "url"'],
    ['a: { type: mcp }', 'plugin "a" has neither "command", the program that is the MCP server, nor its "url"'],
    ['a: { type: mcp, command: x, url: "http://y" }', 'plugin "a" has both "command" and "url"'],
    ['a: { type: mcp, url: "file:///x" }', '"url" of plugin "a" is "file:///x"'],
    [
      'a: { type: mcp, url: "http://x", headers: { A: "b\\nc" } }',
      'the header "A" of plugin "a" has characters that no header can have',
    ],
    ['a: { type: module }', 'plugin "a" has no "path": the file whose exports are its components'],
    [
      'a: { type: builtin, max_in_flight: none }',
      '"max_in_flight" of plugin "a" must be a whole number from 1, but is "none"',
    ],
    [
      'a: { type: mock, components: { /x: { behaviors: { 1: no } } } }',
      'a behavior of mock component "/x" has none of the known forms',
    ],
  ])('%s is refused', async (text, message) => {
    const { diagnostics } = await load(`plugins:\n  ${text}\n`)

    expect(messages(diagnostics)).toContain(`error 2: ${message}`)
  })
})

test('one mistake in a plugin is reported once', async () => {
  const broken = await load('plugins: { a: { type: grpc } }\nroutes: { /a: [{ plugin: a }] }\n')
  const list = await load('plugins: [a]\n')

  expect(messages(broken.diagnostics)).toEqual([
    'error 1: plugin "a" has neither "command", the worker to start, nor "listen"',
  ])
  expect(messages(list.diagnostics)).toEqual(['error 1: plugins must be an object, but is a list'])
})

test('an entry of allow_private that allows nothing is refused where it stands', async () => {
  const { config, diagnostics } = await load('http:\n  allow_private:\n    - 127.0.0.1\n    - 10.0.0.0/99\n')

  expect(messages(diagnostics)).toEqual([
    expect.stringMatching(
      /^error 4: http.allow_private: "10.0.0.0\/99" is neither an address .*, a range .* nor a name/,
    ),
  ])
  expect(config.http.allowPrivate).toEqual(['127.0.0.1'])
})

test('only types that work are offered', async () => {
  const hints = await Promise.all(
    ['{}', '{ type: pigeon }', '{ type: nat }'].map(
      async (plugin) => (await load(`plugins:\n  a: ${plugin}\n`)).diagnostics,
    ),
  )

  for (const found of hints) {
    expect(found).toHaveLength(1)
    expect(`${found[0]?.message} ${found[0]?.hint}`).not.toMatch(/nats|vsock/)
  }
})

test('recorded answers may have keys that are objects, lists, numbers or text', async () => {
  const { config, diagnostics } = await load(`
plugins:
  mock:
    type: mock
    components:
      /one_output:
        input_schema: { type: object }
        behaviors:
          { input: "a" }:
            outcome: success
            result: { output: b }
          ? [1, { x: null }]
          : { outcome: failed, error: { code: 8, message: no } }
          3: { outcome: skipped }
          text: { error: broken }
routes: { /mock: [{ plugin: mock }] }
`)

  expect(diagnostics).toEqual([])
  const [component] = plugin(config.plugins, 'mock')?.components ?? []
  expect(component).toMatchObject({ name: '/one_output', inputSchema: { type: 'object' } })
  expect(component?.behaviors).toEqual(
    expect.arrayContaining([
      { input: { input: 'a' }, behavior: { outcome: 'success', result: { output: 'b' } } },
      { input: [1, { x: null }], behavior: { outcome: 'failed', error: { code: 8, message: 'no' } } },
      { input: 3, behavior: { outcome: 'skipped' } },
      { input: 'text', behavior: { error: 'broken' } },
    ]),
  )
})

describe('routes', () => {
  const plugins = 'plugins: { python: { type: stepflow, command: p } }\nroutes:\n'

  test.each([
    [
      '"/p/{*component}": [{ plugin: pyton }]',
      'error 3: route "/p/{*component}" names plugin "pyton", which is not configured. Did you mean "python"?',
    ],
    [
      '"/p/{name}": [{ plugin: python }]',
      'error 3: a rule of route "/p/{name}" has no "component", and its pattern has no {component}',
    ],
    [
      '"/p/{a}": [{ plugin: python, component: "/{b}" }]',
      'error 3: "component" of a rule of route "/p/{a}" uses {b}, which the pattern does not have',
    ],
    ['/p: [{ component: x }]', 'error 3: a rule of route "/p" has no "plugin"'],
    [
      '/p: [{ plugin: python, conditions: [{ path: "$x", value: 1 }] }]',
      'error 3: path "$x": expected "." or "[" at "x"',
    ],
    ['"/a-{x}": []', 'error 3: route "/a-{x}": "a-{x}" is neither a name nor {name} nor {*name}'],
  ])('%s is refused', async (text, message) => {
    const { diagnostics } = await load(`${plugins}  ${text}\n`)

    expect(messages(diagnostics)).toContain(message)
  })

  test('that match the same paths are refused, in either style', async () => {
    const { diagnostics } = await load(
      `${plugins}  "/p/{*component}": [{ plugin: python }]\n  /p: [{ plugin: python }]\n`,
    )

    expect(messages(diagnostics)).toEqual(['error 4: routes "/p/{*component}" and "/p" match the same paths'])
  })

  test('that lead to no configured plugin leave it unused, which is a warning', async () => {
    const { diagnostics } = await load('plugins: { python: { type: stepflow, command: p } }\n')

    expect(messages(diagnostics)).toEqual(['warning 1: no route leads to plugin "python"'])
  })

  test('may name the builtin plugin without a declaration', async () => {
    const { diagnostics } = await load('routes: { "/{*component}": [{ plugin: builtin }] }\n')

    expect(diagnostics).toEqual([])
  })
})

describe('environment variables', () => {
  test.each([
    ['${HOST}', 'h'],
    ['${NONE:-d}', 'd'],
    ['${EMPTY:-d}', 'd'],
    ['${EMPTY:d}', ''],
    ['${NONE:d}', 'd'],
    ['${NONE:-}', ''],
    ['http://${HOST}:${NONE:-${PORT}}/x', 'http://h:80/x'],
    ['$${HOST} costs $5 and $HOST', '${HOST} costs $5 and $HOST'],
    ['${TRICK}', '${HOST}'],
  ])('%s becomes %s', (text, made) => {
    const env = { HOST: 'h', PORT: '80', EMPTY: '', TRICK: '${HOST}' }

    expect(substitute(text, env)).toEqual({ text: made })
  })

  test('are also read without braces in arguments and environments of plugins', () => {
    expect(substitute('$HOST:\\$HOST:${HOST}', { HOST: 'h' }, 'bareNames')).toEqual({ text: 'h:$HOST:h' })
  })

  test('that are not set are an error with the name and the line', async () => {
    const { diagnostics } = await load(
      'plugins:\n  a:\n    type: stepflow\n    command: x\n    args:\n      - "${API_KEY}"\n',
    )

    expect(messages(diagnostics)).toContain('error 6: environment variable API_KEY is not set')
  })

  test('of the prototype are not set', () => {
    expect(substitute('${constructor}', {})).toHaveProperty('error')
  })

  test('are put into any text, and can be numbers', async () => {
    const { config, diagnostics } = await load(
      'plugins: { a: { type: "${KIND}", command: "${CMD:-run}", max_in_flight: "${MAX}" } }\nroutes: { /a: [{ plugin: a }] }\n',
      { KIND: 'stepflow', MAX: '7' },
    )

    expect(diagnostics).toEqual([])
    expect(plugin(config.plugins, 'stepflow')).toMatchObject({ command: 'run', maxInFlight: 7 })
  })
})

test.each([
  ['{ type: in_memory }', { type: 'memory' }],
  ['{ type: postgres, database_url: "postgres://h/db" }', { type: 'postgres', url: 'postgres://h/db' }],
  ['{ type: sqlite, path: ":memory:" }', { type: 'sqlite', path: ':memory:' }],
  ['{ metadata: { type: inMemory } }', { type: 'memory' }],
])('state_store %s is read', async (text, store) => {
  const { config, diagnostics } = await load(`state_store: ${text}\n`)

  expect(diagnostics).toEqual([])
  expect(config.stateStore).toEqual(store)
})

test('a state_store that does not exist is an error that tells which there are', async () => {
  const { diagnostics } = await load('storageConfig: { type: filesystem }\n')

  expect(messages(diagnostics)[0]).toBe(
    'error 1: "type" of "state_store" is "filesystem", which is not one of its values',
  )
})

test('the example of the documentation is read without a complaint', async () => {
  const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')

  const { config, diagnostics } = await load(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '')

  expect(diagnostics).toEqual([])
  expect(config.plugins.map(({ name }) => name)).toEqual(['local', 'python', 'fake', 'builtin'])
})

describe('code', () => {
  test.each([
    ['code: { memory: 512MB, warm: 2 }', { unsafe: false, memoryMb: 512, warm: 2 }],
    ['code: { memory: 1 GB, unsafe: true }', { unsafe: true, memoryMb: 1024 }],
    ['code: { memory: 100, warm: 0 }', { unsafe: false, memoryMb: 100, warm: 0 }],
  ])('%s is read', async (text, code) => {
    const { config, diagnostics } = await load(text)

    expect(diagnostics).toEqual([])
    expect(config.code).toEqual(code)
  })

  test.each([
    ['code: { memory: 5MB }', '"code.memory" is "5MB", which is not a size from 16 MB on'],
    ['code: { memory: much }', '"code.memory" is "much", which is not a size from 16 MB on'],
    ['code: { warm: -1 }', '"code.warm" must be a whole number from 0, but is "-1"'],
  ])('%s is refused', async (text, message) => {
    expect((await load(text)).diagnostics.map((each) => each.message)).toEqual([message])
  })
})
