// stepflow init: a small project that works at once. Overwrites nothing.

import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { FlowError } from '@stepflow/engine'
import { cannot } from '@stepflow/host'
import type { Command } from '../command.ts'
import { createMessages } from '../messages.ts'
import { starterFiles } from '../starter.ts'
import { createFile } from '../write-file.ts'

export const init: Command = {
  name: 'init',
  summary: 'make a starter project: a flow, its configuration and its tests',
  operands: '[FOLDER]',
  options: [{ name: 'json', does: 'print {folder, files}' }],
  examples: [
    { does: 'in a new folder', line: 'stepflow init my-flows' },
    { does: 'in this folder', line: 'stepflow init' },
  ],
  async run(args, io) {
    const messages = createMessages(args, io)
    const named = args.operands[0] ?? '.'
    const folder = resolve(io.cwd, named)
    const files = starterFiles(basename(folder))
    const names = Object.keys(files)
    const there = filesIn(folder, named)
    const taken = names.filter((name) => there.includes(name))
    if (taken.length > 0) {
      throw new FlowError(
        'INVALID_INPUT',
        `init: ${taken.join(', ')} already in ${named}, so nothing was written; name another folder`,
      )
    }
    const made: string[] = []
    for (const name of names) {
      const path = join(folder, name)
      try {
        makeFolder(dirname(path))
        createFile(path, files[name] as string)
        made.push(path)
      } catch (thrown) {
        // A part of it would keep the next try from being made.
        for (const one of made) rmSync(one, { force: true })
        throw cannot('written', join(named, name), 'the file', thrown)
      }
    }
    if (args.has('json')) {
      io.out(`${JSON.stringify({ folder, files: names })}\n`)
      return 0
    }
    io.out(names.map((name) => `${join(named, name)}\n`).join(''))
    const enter = named === '.' ? '' : `  cd ${named}\n`
    messages.hint(
      `\nTry it:\n${enter}  npx stepflow run flow.yaml --input-json '{"name": "Ada"}'\n  npx stepflow test .`,
    )
    return 0
  },
}

// ---

function filesIn(folder: string, named: string): string[] {
  try {
    return readdirSync(folder)
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR') throw new FlowError('INVALID_INPUT', `init: "${named}" is not a folder: name another one`)
    throw cannot('written', named, 'the folder', thrown)
  }
}

/** With all that is above it. Not mkdir's `recursive`: where no folder can be made (/proc) Node 20 never comes back. */
function makeFolder(path: string) {
  try {
    mkdirSync(path)
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(path) === path) throw thrown
    makeFolder(dirname(path))
    mkdirSync(path)
  }
}
