// Executes a page of the documentation as it stands, in one shell: its files, its commands in their order, and what they print.
// Not a test.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { root, stepflow } from './stepflow.ts'

export interface PageRun {
  /** As `docs/x.md`. A block that opens with the name of a file, as `# flows/a.yaml`, is that file. */
  readonly page: string
  /** What stands on the page, and what it is here: the port, for that may be in use. */
  readonly replace: Readonly<Record<string, string>>
  /** Programs that the page calls and that are others here: scripts by name. */
  readonly programs?: Readonly<Record<string, string>>
  /** In the environment of the shell. */
  readonly env?: Readonly<Record<string, string>>
}

export const canRunPages =
  spawnSync('curl', ['--version']).error === undefined && spawnSync('bash', ['--version']).error === undefined

/** Answers how many parts with commands it has. */
export async function runPage({ page, replace, programs = {}, env: more }: PageRun): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'stepflow-page-'))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const stepflowScript = `exec "${process.execPath}" "${stepflow}" "$@"`
  for (const [name, script] of Object.entries({ stepflow: stepflowScript, ...programs })) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  const env = {
    ...{ ...process.env, ...more, NO_COLOR: '1' },
    PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH}`,
  }
  // In a group of its own: what the page starts ends with it.
  const shell = spawn('bash', [], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  try {
    return await runBlocks(page, folder, shell, replace)
  } finally {
    try {
      if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

// ---

interface Block {
  readonly language: string
  readonly text: string
  readonly line: number
}

async function runBlocks(
  page: string,
  folder: string,
  shell: ChildProcess,
  replace: PageRun['replace'],
): Promise<number> {
  const blocks = blocksOf(page)
  const asHere = ({ text }: Block) =>
    Object.entries(replace).reduce((all, [shown, here]) => all.replaceAll(shown, here), text)
  for (const [i, block] of blocks.entries()) {
    const text = asHere(block)
    const file = /^# ([\w./-]+\.(?:yaml|yml|py))\n/.exec(text)?.[1]
    if (file !== undefined) {
      mkdirSync(join(folder, dirname(file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    if (block.language !== 'sh') continue
    const { out, err } = await runs(shell, text)
    const shown = blocks[i + 1]
    if (shown?.language !== 'text') continue
    const lines = asHere(shown).trim().split('\n').map(pattern)
    expect(out.trim(), `${page}:${block.line}: ${err}`).toMatch(new RegExp(`^${lines.join('\\n')}$`))
  }
  return blocks.filter(({ language }) => language === 'sh').length
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(({ 1: language = '', 2: content = '', index }) => ({
    ...{ language, text: content },
    line: text.slice(0, index).split('\n').length,
  }))
}

/** To the end of the commands, whatever goes on behind them. */
function runs(shell: ChildProcess, commands: string): Promise<{ out: string; err: string }> {
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
      shell.off('exit', onExit)
      resolve({ out: out.slice(0, at), err })
    }
    shell.stdout?.on('data', onOut)
    shell.stderr?.on('data', onErr)
    const onExit = () => reject(new Error(`the shell has ended: ${out}\n${err}`))
    shell.once('exit', onExit)
    shell.stdin?.write(`${commands}\nprintf '%s' ${mark}\n`)
  })
}

/** `...` stands for anything on its line. */
function pattern(line: string): string {
  return line.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('\\.\\.\\.', '.*')
}
