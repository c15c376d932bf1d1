// What a server reads when it starts, and what it leaves for the next start.

import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { newFolder } from '../../../test/new-folder.ts'
import { buildCli } from './build-cli.ts'

const root = new URL('../../../', import.meta.url).pathname

test('serve starts without the files of the other commands and of MCP', async () => {
  const program = await programOf((name) => !/^(commands|modelcontextprotocol-\w+)\.cjs$/.test(name))

  const url = await started(program)

  expect((await fetch(`${url}/health`)).status).toBe(200)
})

test('a server leaves its compiled code for the next start while it still runs', async () => {
  const program = await programOf(() => true)

  await started(program)

  // At its end V8 would have dropped most of it.
  const left = () => readdirSync(join(program, 'dist')).filter((name) => /^server\.cjs-.*\.cache$/.test(name))
  await vi.waitFor(() => expect(left()).toHaveLength(1), 30_000)
})

// ---

/** A copy of the program, with these of its files. */
async function programOf(has: (file: string) => boolean): Promise<string> {
  await buildCli()
  const folder = newFolder()
  const program = join(folder, 'program')
  const built = join(root, 'packages/stepflow')
  mkdirSync(join(program, 'dist'), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  cpSync(join(built, 'bin'), join(program, 'bin'), { recursive: true })
  for (const name of readdirSync(join(built, 'dist'))) {
    if (name.endsWith('.cjs') && has(name)) cpSync(join(built, 'dist', name), join(program, 'dist', name))
  }
  return program
}

/** Answers where it listens; ended with the test. */
function started(program: string): Promise<string> {
  const words = [join(program, 'bin/stepflow.cjs'), 'serve', '--port', '0', '--json']
  const child = spawn(process.execPath, words, { cwd: program, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let text = ''
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(JSON.parse(text).url)
    })
    void ended.then(() => reject(new Error(`it ended before it was ready: ${said}`)))
  })
}
