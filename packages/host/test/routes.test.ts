import { type CallContext, type Component, FlowError, type Plugin } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { parsePattern, type RoutePattern } from '../src/config/route-pattern.ts'
import { type ConfiguredRouter, createRouter, type RouteRule } from '../src/config/routes.ts'

const CONTEXT = {} as CallContext // these components do not look at it

/** A plugin whose components answer their own plugin's name and what they were called. */
function plugin(name: string, ...components: string[]): Plugin {
  const infos = components.map((component) => ({ name: component }))
  return {
    name,
    components: () => infos,
    resolve(component) {
      const info = infos.find((known) => known.name === component)
      return info && { info, call: () => `${name}${component}` }
    },
  }
}

const builtin: Plugin = {
  ...plugin('builtin', '/noop', '/code', '/http/get'),
  resolve: (name) => plugin('builtin', '/noop', '/code', '/http/get').resolve(name.replace(/^\/builtins?(?=\/)/, '')),
}

function router(routes: Record<string, Partial<RouteRule>[]>, ...plugins: Plugin[]): ConfiguredRouter {
  return createRouter({
    routes: Object.entries(routes).map(([text, rules]) => ({
      pattern: parsePattern(text) as RoutePattern,
      rules: rules.map((rule) => ({ plugin: 'python', conditions: [], ...rule })),
    })),
    plugins: new Map([builtin, ...plugins].map((each) => [each.name, each])),
    builtin,
    known: (each) => each.components() as { name: string }[],
  })
}

function answer(of: ConfiguredRouter, path: string, input: unknown = null): unknown {
  const route = of.route(path)
  const component = route.component ?? (route.choose as (input: unknown) => Component)(input)
  return component.call(input, CONTEXT)
}

function failure(of: ConfiguredRouter, path: string): FlowError {
  try {
    of.route(path)
  } catch (error) {
    return error as FlowError
  }
  throw new Error(`${path} has a route`)
}

const python = plugin('python', '/udf', '/text/count')
const other = plugin('other', '/udf', '/python/extra')

describe('patterns', () => {
  test('a catch-all hands on the rest of the path, a parameter only one segment', () => {
    const all = router({ '/python/{*component}': [{}] }, python)
    const one = router({ '/python/{component}': [{}] }, python)

    expect(answer(all, '/python/text/count')).toBe('python/text/count')
    expect(answer(one, '/python/udf')).toBe('python/udf')
    expect(one.isServed('/python/text/count')).toBe(false)
  })

  test('a name beats a parameter, and a parameter beats the rest, wherever they stand in the file', () => {
    const of = router(
      {
        '/{*component}': [{ plugin: 'c' }],
        '/x/{component}': [{ plugin: 'b' }],
        '/x/udf': [{ plugin: 'a', component: '/udf' }],
      },
      plugin('a', '/udf'),
      plugin('b', '/udf', '/two'),
      plugin('c', '/udf', '/x/two/three'),
    )

    expect(answer(of, '/x/udf')).toBe('a/udf')
    expect(answer(of, '/x/two')).toBe('b/two')
    expect(answer(of, '/x/two/three')).toBe('c/x/two/three')
  })

  test('a key without braces is a prefix', () => {
    const of = router({ '/python': [{}], '/': [{ plugin: 'other' }] }, python, other)

    expect(answer(of, '/python/text/count')).toBe('python/text/count')
    expect(answer(of, '/udf')).toBe('other/udf')
    expect(answer(of, '/python/extra')).toBe('other/python/extra')
    expect(of.isServed('/python')).toBe(false)
    expect(of.isServed('/pythonic/udf')).toBe(false)
  })

  test('a key without braces that is the whole path asks for the component of that path', () => {
    const mock = plugin('mock', '/builtin/noop')
    const of = router({ '/builtin/noop': [{ plugin: 'mock' }], '/builtin/code': [{ plugin: 'builtin' }] }, mock)

    expect(answer(of, '/builtin/noop')).toBe('mock/builtin/noop')
    expect(answer(of, '/builtin/code')).toBe('builtin/code')
    expect(of.pathsOf(mock, '/builtin/noop')).toContain('/builtin/noop')
  })

  test('a component template names another component, with parameters put in', () => {
    const of = router({ '/v/{version}/{name}': [{ component: '/{version}/{name}' }] }, plugin('python', '/text/count'))

    expect(answer(of, '/v/text/count')).toBe('python/text/count')
  })

  test.each([
    ['python/{x}', 'does not start with "/"'],
    ['/a-{x}', 'neither a name nor {name}'],
    ['/{*x}/y', 'must stand at the end'],
    ['/{x}/{x}', 'twice'],
    ['/a//b', 'empty segment'],
  ])('the pattern %s is refused', (text, why) => {
    expect(parsePattern(text)).toHaveProperty('error', expect.stringContaining(why))
  })
})

describe('rules', () => {
  test('the first rule whose conditions hold is taken; a missing path does not hold', () => {
    const conditions = [{ path: '$.kind', value: { a: 1 } }]
    const of = router({ '/python/{*component}': [{ conditions }, { plugin: 'other' }] }, python, other)

    expect(answer(of, '/python/udf', { kind: { a: 1 } })).toBe('python/udf')
    expect(answer(of, '/python/udf', { kind: { a: 2 } })).toBe('other/udf')
    expect(answer(of, '/python/udf', 'no object')).toBe('other/udf')
  })

  test('where no condition holds the call fails and says so', () => {
    const conditions = [{ path: 'kind', value: 1 }]
    const of = router({ '/python/{*component}': [{ conditions }] }, python)

    expect(() => answer(of, '/python/udf', {})).toThrow(/conditions of its routes hold for none/)
  })

  test('a prefix whose conditions do not hold goes on to the rules above it, a pattern in braces does not', () => {
    const conditions = [{ path: 'kind', value: 1 }]
    const all = plugin('all', '/python/udf')
    const prefix = router({ '/python': [{ conditions }], '/': [{ plugin: 'all' }] }, python, all)
    const braces = router(
      { '/python/{*component}': [{ conditions }], '/{*component}': [{ plugin: 'all' }] },
      python,
      all,
    )

    expect(answer(prefix, '/python/udf', {})).toBe('all/python/udf')
    expect(() => answer(braces, '/python/udf', {})).toThrow(FlowError)
  })

  test('allow and deny lists hold for a single rule without conditions too', () => {
    const of = router(
      { '/python/{*component}': [{ deny: ['/udf'] }], '/o': [{ plugin: 'other', allow: [] }] },
      python,
      other,
    )

    expect(failure(of, '/python/udf').message).toContain('route "/python/{*component}" does not allow "/udf"')
    expect(of.isServed('/python/text/count')).toBe(true)
    expect(of.isServed('/o/udf')).toBe(false)
  })

  test('what a list denies is not reached by a more general pattern or by another of its names', () => {
    const deny = ['/code']
    const narrow = router({
      '/builtin/{*component}': [{ plugin: 'builtin', deny }],
      '/{*component}': [{ plugin: 'builtin' }],
    })
    const wide = router({ '/{*component}': [{ plugin: 'builtin', deny }] })

    expect(narrow.isServed('/builtin/code')).toBe(false)
    expect(wide.isServed('/builtin/code')).toBe(false)
    expect(wide.isServed('/builtins/code')).toBe(false)
    expect(wide.isServed('/builtin/noop')).toBe(true)
  })

  test('a plugin that has no such component passes the call to the next rule', () => {
    const of = router({ '/{*component}': [{}, { plugin: 'other' }] }, python, other)

    expect(answer(of, '/udf')).toBe('python/udf')
    expect(answer(of, '/python/extra')).toBe('other/python/extra')
  })
})

describe('the builtin plugin', () => {
  test('serves its names with and without its prefixes where nothing is routed', () => {
    const of = router({})

    expect(answer(of, '/builtin/noop')).toBe('builtin/noop')
    expect(answer(of, '/builtins/noop')).toBe('builtin/noop')
    expect(answer(of, '/http/get')).toBe('builtin/http/get')
    expect(answer(of, 'noop')).toBe('builtin/noop')
  })

  test('stands behind a catch-all, but not behind a route of its own prefix', () => {
    const catchAll = router({ '/{*component}': [{}] }, python)
    const routed = router({ '/builtin/{*component}': [{}] }, python)

    expect(answer(catchAll, '/builtin/noop')).toBe('builtin/noop')
    expect(routed.isServed('/builtin/noop')).toBe(false)
  })
})

describe('what is not there', () => {
  test('is told with the nearest path', () => {
    expect(failure(router({}), '/bultin/noop').message).toBe(
      'component "/bultin/noop": no route serves it. Did you mean "/builtin/noop"?',
    )
    const of = router({ '/python/{*component}': [{}] }, python)
    expect(failure(of, '/python/udff').message).toBe(
      'component "/python/udff": plugin "python" has no component "/udff". Did you mean "/python/udf"?',
    )
    expect(failure(of, '/python/udff').code).toBe('COMPONENT_NOT_FOUND')
  })

  test('is told with all there is if nothing is near', () => {
    expect(failure(router({}), '/something/else/entirely').message).toBe(
      'component "/something/else/entirely": no route serves it; there are: /builtin/code, /builtin/http/get, /builtin/noop',
    )
  })

  test('is told with what the plugin has that the way led to, and not with what others have', () => {
    const of = router({ '/python/{*component}': [{}] }, python)

    expect(failure(of, '/python/something/else').message).toBe(
      'component "/python/something/else": plugin "python" has no component "/something/else"; there are: /python/text/count, /python/udf',
    )
  })

  test('a plugin that cannot run here says why', () => {
    const of = createRouter({
      routes: [{ pattern: parsePattern('/files') as RoutePattern, rules: [{ plugin: 'files', conditions: [] }] }],
      plugins: new Map(),
      unavailable: new Map([['files', 'plugin "files" is of another time']]),
    })

    expect(of.whyUnserved('/files/read')).toBe(
      'component "/files/read": plugin "files" is of another time; there are no components',
    )
  })
})

test('a component knows the paths that lead to it', () => {
  const of = router(
    { '/python/{*component}': [{ deny: ['/udf'] }], '/t/{name}': [{ component: '/text/{name}' }], '/p': [{}] },
    python,
  )

  expect([...of.pathsOf(python, '/text/count')].sort()).toEqual(['/p/text/count', '/python/text/count', '/t/count'])
  expect(of.pathsOf(python, '/udf')).toEqual(['/p/udf'])
  expect(of.pathsOf(builtin, '/noop')).toEqual(['/builtin/noop'])
})

test('a primary field is known where all candidates agree', () => {
  const withPrimary = (name: string, primary: string): Plugin => {
    const component: Component = { info: { name: '/load', primary }, call: () => null }
    return { name, components: () => [component.info], resolve: () => component }
  }
  const conditions = [{ path: 'a', value: 1 }]
  const plugins = [withPrimary('python', 'data'), withPrimary('other', 'body')]

  expect(router({ '/': [{}] }, ...plugins).primaryOf('/load')).toBe('data')
  expect(router({ '/': [{ conditions }, { plugin: 'other' }] }, ...plugins).primaryOf('/load')).toBeUndefined()
})
