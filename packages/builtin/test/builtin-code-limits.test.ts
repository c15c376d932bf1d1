// What code may use, and what it is told when it uses more.

import { systemClock } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { whyNoJail } from '../src/jail/util-linux.ts'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { call, failure } from './builtin-context.ts'

const plugin = createBuiltinPlugin({ env: {} })
/** Filled in a moment. */
const small = createBuiltinPlugin({ env: {}, code: { memoryMb: 64 } })
const run = (language: 'javascript' | 'python', code: string, more = {}) =>
  call(plugin, `/code/${language}`, { code, ...more })

const missing = whyNoJail()
if (missing !== undefined) test.skip(`skipped: ${missing}`, () => {})
else {
  describe('memory', () => {
    test.each([
      ['typed arrays', 'const a = []; for (let i = 0; i < 40; i++) a.push(new Uint8Array(2 ** 25).fill(1)); a.length'],
      [
        'shared arrays',
        'const a = []; for (let i = 0; i < 40; i++) a.push(new Uint8Array(new SharedArrayBuffer(2 ** 25)).fill(1)); a.length',
      ],
      [
        'WebAssembly memory',
        'const a = []; for (let i = 0; i < 40; i++) a.push(new Uint8Array(new WebAssembly.Memory({ initial: 512 }).buffer).fill(1)); a.length',
      ],
      ['strings', 'const a = []; for (let i = 0; ; i++) a.push(JSON.stringify("x".repeat(2 ** 22) + i))'],
      ['objects', 'const a = []; for (;;) a.push(new Array(1e5).fill(a.length + 0.5))'],
      ['maps', 'const a = new Map(); for (let i = 0; ; i++) a.set(i, { i })'],
    ])(
      'JavaScript: %s beyond the limit are refused by its name',
      async (_, code) => {
        const error = await failure(call(small, '/code', { code }))

        expect(error.code).toBe('COMPONENT_FAILED')
        expect(error.message).toContain('it needs more than its 64 MB of memory')
      },
      60_000,
    )

    test.each([
      ['bytes', 'x = bytearray(10 ** 9)'],
      ['lists', 'x = []\nwhile True: x.append("a" * 1000000)'],
      ['integers', 'x = 1 << (8 * 10 ** 9)'],
      ['objects', 'x = {}\nwhile True: x[len(x)] = [len(x)]'],
    ])(
      'Python: %s beyond the limit are refused by its name',
      async (_, code) => {
        const error = await failure(call(small, '/code/python', { code }))

        expect(error.code).toBe('COMPONENT_FAILED')
        expect(error.message).toContain('it needs more than its 64 MB of memory')
      },
      60_000,
    )

    test('what fits is allowed', async () => {
      expect(
        await run(
          'javascript',
          'const a = []; for (let i = 0; i < 12; i++) a.push(new Uint8Array(2 ** 24).fill(1)); a.length',
        ),
      ).toBe(12)
      expect(await run('python', 'x = bytearray(200 * 2 ** 20)\nlen(x)')).toBe(200 * 2 ** 20)
    })

    test('the configuration sets the limit', async () => {
      const python = 'x = bytearray(100 * 2 ** 20)\nlen(x)'
      const javascript = 'new Uint8Array(100 * 2 ** 20).fill(1).length'

      expect((await failure(call(small, '/code/python', { code: python }))).message).toContain('its 64 MB of memory')
      expect((await failure(call(small, '/code', { code: javascript }))).message).toContain('its 64 MB of memory')
      expect(await run('python', python)).toBe(100 * 2 ** 20)
    })
  })

  describe('other limits', () => {
    test.each([
      [
        'a full scratch folder',
        'for n in range(5): open("f%d" % n, "wb").write(b"x" * 15000000)',
        'its /tmp may hold 64 MB',
      ],
      ['a large file', 'open("f", "wb").write(b"x" * 20000000)', 'a file may have 16 MB'],
      ['many files', 'kept = [open("f%d" % n, "w") for n in range(100)]', 'it may have 32 files open'],
      [
        'threads',
        'import threading, time\nfor n in range(100): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()',
        'its 64 processes and threads',
      ],
      ['a deep recursion', 'def f(n): return f(n + 1)\nf(0)', 'RecursionError'],
      [
        'memory in files',
        'import os\nfds = [os.memfd_create("m") for n in range(10)]\nfor fd in fds: os.write(fd, b"x" * 20000000)\nos.write(fds[0], b"x")',
        'a file may have 16 MB',
      ],
      ['an exit', 'import os\nos._exit(3)', 'ended without an answer (exit status 3)'],
      ['an abort', 'import os\nos.abort()', 'died of SIGABRT'],
    ])(
      'Python: %s',
      async (_, code, message) => {
        const error = await failure(run('python', code))

        expect(error.message).toContain(message)
      },
      60_000,
    )

    test.each([
      ['a deep recursion', 'const f = (n) => f(n + 1); f(0)', 'RangeError: Maximum call stack size exceeded'],
      ['a timer', 'await new Promise((done) => setTimeout(done, 1))', 'setTimeout is not defined'],
      ['a value that is too large', '"x".repeat(20000000)', 'it returned more than 16 MiB'],
      // Which of the two it meets first is up to the version of V8.
      ['a value that is too large to be written down', '"x".repeat(70000000)', /it (returned|needs) more than/],
      ['no JSON', '({ toJSON() { throw 1 } })', 'did not return JSON'],
      ['WebAssembly code', 'new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))', 'CompileError'],
    ])('JavaScript: %s', async (_, code, message) => {
      expect((await failure(run('javascript', code))).message).toMatch(message)
    })

    test.each([
      ['javascript', '/^(a+)+$/.test("a".repeat(50) + "b")'],
      ['javascript', 'const loop = () => Promise.resolve().then(loop); await loop()'],
      ['python', 'import re\nre.match("^(a+)+$", "a" * 50 + "b")'],
      ['python', 'import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(100)'],
    ] as const)('%s that does not come back is TIMEOUT: %s', async (language, code) => {
      const error = await failure(run(language, code, { timeout: '300ms' }))

      expect(error.code).toBe('TIMEOUT')
    })

    test.each([
      ['javascript', 'for (;;) {}'],
      ['python', 'while True: pass'],
    ] as const)(
      '%s dies of its CPU limit where nobody looks at the clock',
      async (language, code) => {
        const still = createBuiltinPlugin({ env: {}, clock: { ...systemClock, timer: () => () => {} } })

        const error = await failure(call(still, `/code/${language}`, { code, timeout: '1s' }))

        expect(error.message).toContain('it used more than the 1 s of CPU time that its timeout allows')
      },
      60_000,
    )

    test('a few threads fit', async () => {
      const code =
        'from concurrent.futures import ThreadPoolExecutor\nsum(ThreadPoolExecutor(16).map(lambda n: n * n, range(100)))'

      expect(await run('python', code)).toBe(328350)
    })

    test('100 MB of output are cut, and the answer is given', async () => {
      expect(await run('javascript', 'for (let i = 0; i < 1000; i++) console.log("x".repeat(100000)); 1')).toBe(1)
      expect(await run('python', 'for n in range(1000): print("x" * 100000)\nprint("y" * 10000000, end="")\n1')).toBe(1)
    })
  })
}
