// The tests of code once more, as an ordinary user: whoever runs the suite as root, as machines that only test do, would
// see one half of what jails are made by.

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { whyNoJail } from '../src/jail/util-linux.ts'

const root = new URL('../../../', import.meta.url).pathname
const FILES = ['builtin-code.test.ts', 'builtin-code-limits.test.ts', 'jails.test.ts']
const SOMEBODY = ['--reuid=65532', '--regid=65532', '--clear-groups', '--']
const PATH = '/usr/local/bin:/usr/bin:/bin'

function whyNot(): string | undefined {
  if (process.geteuid?.() !== 0) return 'this is an ordinary user'
  const asSomebody = (...words: string[]) =>
    spawnSync('setpriv', [...SOMEBODY, ...words], { cwd: '/', env: { PATH } }).status === 0
  if (!asSomebody(process.execPath, '--eval', `require('fs').accessSync(${JSON.stringify(`${root}package.json`)})`)) {
    return `other users cannot read ${root}, or start this Node`
  }
  return asSomebody('python3', '-c', '1') ? undefined : `other users have no python3 in ${PATH}`
}

const why = whyNoJail() ?? whyNot()
if (why !== undefined) test.skip(`skipped: ${why}`, () => {})
else
  test('code runs in jails that an ordinary user makes', async () => {
    const home = mkdtempSync(join(tmpdir(), 'stepflow-user-'))
    try {
      const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--configLoader=runner', '--reporter=dot']
      const files = FILES.map((file) => `packages/builtin/test/${file}`)
      const child = spawn('setpriv', [...SOMEBODY, process.execPath, ...vitest, ...files], {
        cwd: root,
        env: { PATH, HOME: home, NO_COLOR: '1' },
      })
      let said = ''
      child.stdout.on('data', (text) => {
        said += text
      })
      child.stderr.on('data', (text) => {
        said += text
      })

      const status = await new Promise((resolve) => child.on('close', resolve))

      expect(status, said).toBe(0)
      expect(said).toMatch(/Tests +\d{3,} passed/)
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  }, 600_000)
