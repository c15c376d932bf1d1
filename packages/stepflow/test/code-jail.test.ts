// Code in whole runs: what is left of its processes, and who may run it.

import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, closeSync, openSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { descendantsOf, isAlive } from '../../../test/descendants.ts'
import { begin, cli, ending, folderWith, parsed, program } from './cli.ts'

const files = {
  'endless.yaml': 'steps: [{ id: c, component: /builtin/code, input: { code: "for (;;) {}" } }]\n',
  'same.yaml': `steps:
  - { id: js, component: /builtin/code, input: { code: "globalThis.n = (globalThis.n ?? 0) + 1" } }
  - { id: py, component: /builtin/code/python, input: { code: "import os\\nn = len(os.listdir())\\nopen('x', 'w')\\nn" } }
output: { js: { $step: js }, py: { $step: py } }
`,
  'both.yaml': `steps:
  - { id: js, component: /builtin/code, input: { code: "1 + 1" } }
  - { id: py, component: /builtin/code/python, input: { code: "1 + 2" } }
output: { js: { $step: js }, py: { $step: py } }
`,
  'reads.yaml': `steps:
  - id: c
    component: /builtin/code/python
    input:
      code: |
        import os
        found = []
        for fd in range(256):
            try: found.append(os.pread(fd, 100, 0).decode())
            except OSError: pass
        [text for text in found if text != ""]
output: { $step: c }
`,
  'secret.txt': 'hunter2',
  'warm.yml': 'code: { warm: 2, memory: 128MB }\n',
  'items.jsonl': '1\n'.repeat(100),
}
const { folder, at } = folderWith(files)
chmodSync(folder, 0o755)

const linux = process.platform === 'linux' ? test : test.skip

describe('no process of a jail is left', () => {
  linux.each([
    ['kill -9', 'SIGKILL'],
    ['Ctrl-C', 'SIGINT'],
    ['SIGTERM', 'SIGTERM'],
  ] as const)(
    'after %s',
    async (_, signal) => {
      const { child, ended } = begin(['run', at('endless.yaml')])
      // The program, and a jail: what starts it, its first process, and the one with the code.
      await expect.poll(() => descendantsOf(child.pid as number).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(3)
      const inside = descendantsOf(child.pid as number)

      child.kill(signal)

      const { err } = await ended
      await expect.poll(() => inside.filter(isAlive), { timeout: 30_000 }).toEqual([])
      expect(err).not.toMatch(/Killed|Traceback|setpriv|unshare|node:/)
    },
    120_000,
  )

  linux(
    'after a batch that used the same ones again and again',
    async () => {
      const words = ['run', at('same.yaml'), '--config', at('warm.yml'), '--inputs', at('items.jsonl')]
      const { child, ended } = begin(words)
      const seen = new Set<number>()
      const watch = setInterval(() => {
        for (const pid of descendantsOf(child.pid as number)) seen.add(pid)
      }, 50)

      const { code, out } = await ended
      clearInterval(watch)

      expect(code).toBe(0)
      // Each in a context and a folder of its own.
      expect(parsed(out)).toEqual(Array(100).fill({ outcome: 'success', result: { js: 1, py: 0 } }))
      await expect.poll(() => [...seen].filter(isAlive), { timeout: 30_000 }).toEqual([])
    },
    120_000,
  )
})

linux('code reads no file that the program was started with open, whatever its number', async () => {
  const stdio = Array.from({ length: 64 }, (_, fd) => (fd === 1 || fd === 2 ? ('pipe' as const) : ('ignore' as const)))
  const secret = openSync(at('secret.txt'), 'r')
  const child = spawn(process.execPath, [program, 'run', at('reads.yaml')], {
    cwd: folder,
    stdio: [...stdio.slice(0, 63), secret],
  })
  closeSync(secret)

  const { code, out } = await ending(child)

  expect([code, parsed(out)]).toEqual([0, [{ outcome: 'success', result: [] }]])
})

describe('an ordinary user', () => {
  const isRoot = process.geteuid?.() === 0
  const SOMEBODY = ['--reuid=65532', '--regid=65532', '--clear-groups', '--']
  const PATH = '/usr/local/bin:/usr/bin:/bin'
  const asUser = (words: string[]) => (isRoot ? ['setpriv', ...SOMEBODY, ...words] : words)
  const [command, ...args] = asUser([process.execPath, program, '--version']) as [string, ...string[]]
  const canStart = process.platform === 'linux' && spawnSync(command, args, { env: { PATH } }).status === 0
  const canPython = canStart && spawnSync('python3', ['-c', '1'], { env: { PATH } }).status === 0
  const why = !canStart
    ? 'another user cannot start this program from where it lies'
    : canPython
      ? undefined
      : 'other users have no python3'

  if (why !== undefined) test.skip(`skipped: ${why}`, () => {})
  else
    test('runs code in jails, too', async () => {
      const [command, ...args] = asUser([process.execPath, program, 'run', at('both.yaml')]) as [string, ...string[]]

      const { code, out, err } = await ending(spawn(command, args, { cwd: folder, env: { PATH } }))

      expect([code, parsed(out), err]).toEqual([0, [{ outcome: 'success', result: { js: 2, py: 3 } }], ''])
    }, 60_000)

  linux(
    'whom the kernel gives no user name spaces is refused before the run starts, with that reason',
    async () => {
      const script =
        'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --inh-caps=-all --ambient-caps=-all -- "$@"'
      const words = ['--user', '--map-user=1000', '--keep-caps', '--', 'sh', '-c', script, 'sh']
      const run = [process.execPath, program, 'run', at('both.yaml'), '--store', `sqlite:${at('runs.db')}`]

      const { code, out, err } = await ending(spawn('unshare', [...words, ...run], { cwd: folder }))

      expect([code, out]).toEqual([2, ''])
      expect(err).toContain('is refused: this machine has no jail for code: the kernel gives no user name spaces')
      expect(parsed((await cli(['runs', 'list', '--json', '--store', `sqlite:${at('runs.db')}`])).out)).toEqual([[]])
    },
    60_000,
  )

  test.skipIf(!isRoot || process.platform !== 'linux')(
    'root of a name space that has nobody else in it is refused: code would be root',
    async () => {
      const run = [process.execPath, program, 'run', at('both.yaml')]

      const { code, err } = await ending(spawn('unshare', ['--user', '--map-root-user', '--', ...run], { cwd: folder }))

      expect(code).toBe(2)
      expect(err).toContain('this root has no second user id to run code as')
    },
    60_000,
  )
})
