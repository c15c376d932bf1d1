// docs/walkthrough-server.md, executed as it stands: its files, its commands in their order, and what they print.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root, stepflow } from './stepflow.ts'

const PAGE = 'docs/walkthrough-server.md'
/** The port that the page names; another one here, for that may be in use. */
const PORT = '7837'

interface Block {
  readonly language: string
  readonly text: string
  readonly line: number
}

const page = readFileSync(join(root, PAGE), 'utf8')
const blocks: Block[] = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
  ({ 1: language = '', 2: text = '', index }) => ({
    ...{ language, text },
    line: page.slice(0, index).split('\n').length,
  }),
)

const folder = mkdtempSync(join(tmpdir(), 'stepflow-walkthrough-'))
let shell: ChildProcess
let port: number

beforeAll(async () => {
  port = await freePort()
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'stepflow'), `#!/bin/sh\nexec "${process.execPath}" "${stepflow}" "$@"\n`)
  chmodSync(join(bin, 'stepflow'), 0o755)
  const env = { ...process.env, PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH}`, NO_COLOR: '1' }
  // In a group of its own: what the page starts ends with it.
  shell = spawn('bash', [], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
})
afterAll(() => {
  try {
    if (shell?.pid !== undefined) process.kill(-shell.pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
  rmSync(folder, { recursive: true, force: true })
})

const isMissing =
  spawnSync('curl', ['--version']).error !== undefined || spawnSync('bash', ['--version']).error !== undefined

/** Each part goes on from the one before it. */
test.skipIf(isMissing)(
  'the commands of the page print what it shows, in their order',
  { timeout: 300_000 },
  async () => {
    for (const [i, block] of blocks.entries()) {
      const text = block.text.replaceAll(PORT, String(port))
      const file = block.language === 'yaml' ? /^# (flows\/[\w.-]+)\n/.exec(text)?.[1] : undefined
      if (file !== undefined) {
        mkdirSync(join(folder, dirname(file)), { recursive: true })
        writeFileSync(join(folder, file), text)
      }
      if (block.language !== 'sh') continue
      const { out, err } = await runs(text)
      const shown = blocks[i + 1]
      if (shown?.language !== 'text') continue
      const lines = shown.text.trim().split('\n').map(pattern)
      expect(out.trim(), `${PAGE}:${block.line}: ${err}`).toMatch(new RegExp(`^${lines.join('\\n')}$`))
    }
    expect(blocks.filter(({ language }) => language === 'sh').length).toBeGreaterThan(8)
  },
)

// ---

/** To the end of the commands, whatever goes on behind them. */
function runs(commands: string): Promise<{ out: string; err: string }> {
  const mark = `end-${Math.random().toString(36).slice(2)}`
  let [out, err] = ['', '']
  return new Promise((resolve, reject) => {
    const onErr = (chunk: Buffer) => {
      err += chunk
    }
    const onOut = (chunk: Buffer) => {
      out += chunk
      const at = out.indexOf(mark)
      if (at < 0) return
      shell.stdout?.off('data', onOut)
      shell.stderr?.off('data', onErr)
      resolve({ out: out.slice(0, at), err })
    }
    shell.stdout?.on('data', onOut)
    shell.stderr?.on('data', onErr)
    shell.once('exit', () => reject(new Error(`the shell has ended: ${out}\n${err}`)))
    shell.stdin?.write(`${commands}\nprintf '%s' ${mark}\n`)
  })
}

/** `...` stands for anything on its line. */
function pattern(line: string): string {
  return line.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('\\.\\.\\.', '.*')
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
