import { describe, expect, test } from 'vitest'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { call, failure } from './builtin-context.ts'

const plugin = createBuiltinPlugin({ env: {} })
const run = (language: 'javascript' | 'python', code: string, more = {}) =>
  call(plugin, `/code/${language}`, { code, ...more })

describe('javascript', () => {
  test.each([
    ['1 + 2', 3],
    ['const xs = [1, 2, 3]; xs.map((x) => x * 2)', [2, 4, 6]],
    ['var result = { a: 1 }; 5', { a: 1 }],
    ['const result = "named"', 'named'],
    ['let n = 0; for (const x of [1, 2]) n += x; n', 3],
    ['return 7', 7],
    ['await Promise.resolve(8)', 8],
    ['const x = await Promise.resolve(7);\nx + 1;\n', 8],
    ['const v = await null\n[1, 2].map(\n  (x) => x * 2\n)', [2, 4]],
    ['const result = await Promise.resolve(6); 5', 6],
    ['let result = 1; await null; result = 2', 2],
    ['for (const x of [1]) { await x }', null],
    ['return await Promise.resolve(8)', 8],
    ['Promise.resolve([9])', [9]],
    ['undefined', null],
    ['JSON.parse(\'{"__proto__": {"x": 1}}\')', JSON.parse('{"__proto__": {"x": 1}}')],
    ['console.log("hello"); "ü"', 'ü'],
  ])('%s gives %j', async (code, value) => {
    expect(await run('javascript', code)).toEqual(value)
  })

  test.each([
    ['throw new TypeError("no")', 'the code failed: TypeError: no'],
    ['nope()', 'ReferenceError: nope is not defined'],
    ['const = 1', 'SyntaxError'],
    ['1\nconst = 1', '(line 2)'],
    ['function f() {\n  null.x\n}\nf()', "reading 'x') (line 2)"],
    ['const a = {}; a.a = a; a', 'the code did not return JSON'],
    ['0 / 0', 'the result is not JSON: it has NaN in it'],
    ['({ a: [1, -1 / 0] })', 'the result is not JSON: it has -Infinity in it'],
    ['({ a: () => 1 })', 'the result is not JSON: it has a function in it'],
    ['new Map([[1, 2]])', 'the result is not JSON: it has a Map in it'],
    ['[10n]', 'the result is not JSON: it has a bigint in it'],
    ['new Promise(() => {})', 'awaits a promise that never settles'],
  ])('%s fails with its message', async (code, message) => {
    const error = await failure(run('javascript', code))

    expect(error.code).toBe('COMPONENT_FAILED')
    expect(error.message).toContain(message)
  })

  test.each([
    'typeof process + typeof require + typeof fetch',
    'this.constructor.constructor("return typeof process + typeof require + typeof fetch")()',
    'console.log.constructor("return typeof process + typeof require + typeof fetch")()',
  ])('%s sees nothing of ours', async (code) => {
    expect(await run('javascript', code)).toBe('undefinedundefinedundefined')
  })

  const escaping = (body: string) =>
    `return await import('x').catch((e) => { const F = e.constructor.constructor; const p = F('return process')(); ${body} })`

  test.each([
    ['p.env', {}],
    ['return Object.keys(p.env)', []],
  ])('even beyond its realm there is no environment: %s', async (body, value) => {
    expect((await run('javascript', escaping(body.startsWith('return') ? body : `return ${body}`))) ?? {}).toEqual(
      value,
    )
  })

  test.each([
    'F("return net")()',
    'F("return fs")()',
    'F("return say")()',
    'F("return child_process")()',
    'F("return require")()',
    'return F("return import(\\"node:fs\\")")()',
    'return p.binding("fs")',
    'return p.getBuiltinModule("fs")',
    'p.report.writeReport("report.json")',
    'p.kill(1)',
  ])('even beyond its realm there is nothing to reach: %s', async (body) => {
    const error = await failure(run('javascript', escaping(body)))

    expect(error.code).toBe('COMPONENT_FAILED')
  })
})

describe('python', () => {
  test.each([
    ['1 + 2', 3],
    ['data = [1, 2, 3, 4]\nsum(x for x in data if x % 2 == 0)', 6],
    ['result = {"a": [1, None, True]}', { a: [1, null, true] }],
    ['result = 1\n2', 1],
    ['x = {"ok": true, "no": false, "none": null}\nx', { ok: true, no: false, none: null }],
    ['import json, math, re, datetime\njson.dumps([math.floor(2.5)])', '[2]'],
    ['print("hello")\n"ü"', 'ü'],
    ['def f(n):\n  return 1 if n < 2 else n * f(n - 1)\nf(10)', 3628800],
    ['open("note.txt", "w").write("x")\nopen("note.txt").read()', 'x'],
    ['{1, 2} and sorted({2, 1})', [1, 2]],
    ['pass', null],
    ['from collections import namedtuple\nnamedtuple("P", "x y", defaults=[2])(1).y', 2],
    ['from dataclasses import dataclass\n@dataclass\nclass P:\n  x: int = 3\nP().x', 3],
    ['import statistics\nstatistics.mean([1, 3])', 2],
    ['import sys\nresult = 4\nsys.exit()', 4],
  ])('%s gives %j', async (code, value) => {
    expect(await run('python', code)).toEqual(value)
  })

  test.each([
    ['1 / 0', 'ZeroDivisionError: division by zero (line 1)'],
    ['x = 1\ny = nope', "NameError: name 'nope' is not defined (line 2)"],
    ['def', 'SyntaxError'],
    ['import sys\nsys.exit(3)', 'SystemExit: 3'],
    ['import sys\nsys.exit("no data")', 'SystemExit: no data'],
    ['object()', 'the result is not JSON'],
    ['float("nan")', 'the result is not JSON'],
    ['x = []\nwhile True: x.append("a" * 1000000)', 'MemoryError'],
  ])('%s fails with its message', async (code, message) => {
    const error = await failure(run('python', code))

    expect(error.code).toBe('COMPONENT_FAILED')
    expect(error.message).toContain(message)
  })

  test.each([
    'open("/etc/passwd").read()',
    'open("/etc/passwd", "rb", opener=None).read()',
    'import os\nos.listdir("/")',
    'import os\nos.open("/etc/passwd", os.O_RDONLY)',
    'import os\nos.symlink("/etc", "here")',
    'import os\nos.system("id")',
    'import os\nos.fork()',
    'import os\nos.execv("/bin/sh", ["sh"])',
    'import subprocess\nsubprocess.run(["id"])',
    'import socket\nsocket.create_connection(("127.0.0.1", 80))',
    'import urllib.request\nurllib.request.urlopen("http://127.0.0.1/")',
    'import ctypes\nctypes.CDLL(None)',
    'import sys\nsys._getframe(1)',
    'import gc\nlen(gc.get_objects())',
    'import os\nos.kill(1, 0)',
    'open("../outside", "w").write("x")',
    'def f(): pass\nf.__code__ = (lambda: 1).__code__',
    'import importlib.util as u, importlib.machinery as m, sysconfig, os\npath = [p for d in __import__("sys").path for p in [d + "/" + n for n in (os.listdir(d) if os.path.isdir(d) else [])] if "/_ctypes." in p][0]\nspec = m.ModuleSpec("x._ctypes", m.ExtensionFileLoader("x._ctypes", path), origin=path)\nu.module_from_spec(spec)',
  ])('%s is not allowed', async (code) => {
    const error = await failure(run('python', code))

    expect(error.message).toMatch(/not allowed|is not there|PermissionError|ImportError|ModuleNotFound/)
  })

  test('there is no environment', async () => {
    const keys = await run('python', 'import os\nsorted(os.environ)')

    expect((keys as string[]).filter((key) => key !== 'LC_CTYPE')).toEqual([])
  })
})

test.each([
  ['javascript', 'while (true) {}'],
  ['python', 'while True: pass'],
] as const)('%s that does not end is TIMEOUT', async (language, code) => {
  const error = await failure(run(language, code, { timeout: '700ms' }))

  expect(error.code).toBe('TIMEOUT')
  expect(error.message).toContain('did not end within 0.7 s')
})

test('code that takes too much memory fails', async () => {
  const error = await failure(run('javascript', 'const a = []; for (;;) a.push(new Array(1e5).fill(a.length + 0.5))'))

  expect(error.code).toBe('COMPONENT_FAILED')
})

test('code is needed', async () => {
  expect((await failure(call(plugin, '/code/python', {}))).message).toContain('needs "code"')
})

test('code that is no longer wanted is killed', async () => {
  const controller = new AbortController()
  const running = call(plugin, '/code', { code: 'for (;;) {}' }, { signal: controller.signal })

  controller.abort()

  expect((await failure(running)).code).toBe('CANCELLED')
})
