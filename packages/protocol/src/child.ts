// Starts programs in process groups of their own and leaves none behind. Knows nothing of what they say.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'

export type Child = ChildProcessWithoutNullStreams

/** With this environment only, though found through our PATH. The text says why it cannot be. */
export function startChild(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string | undefined,
): Child | string {
  const program = findProgram(command, cwd)
  if (program === undefined) return whyNoProgram(command, cwd)
  const interpreter = missingInterpreter(program)
  if (interpreter !== undefined) {
    return `the first line of "${program}" names ${JSON.stringify(interpreter)} as its interpreter, and there is no such program`
  }
  if (cwd !== undefined && !isFolder(cwd)) return `its working folder ${cwd} does not exist`
  const child = spawn(program, args, { cwd, env, detached: hasGroups, stdio: 'pipe', windowsHide: true })
  if (child.pid !== undefined) remember(child)
  return child
}

/** The child and all that it has started. */
export function killGroup(child: Child, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    if (hasGroups) process.kill(-child.pid, signal)
    else child.kill(signal)
  } catch {
    // Gone already.
  }
}

/** It has ended, and its group with it. */
export function forget(child: Child): void {
  living.delete(child)
  if (living.size === 0) process.off('exit', killAll)
}

// ---

const hasGroups = process.platform !== 'win32'
const living = new Set<Child>()

function remember(child: Child): void {
  if (living.size === 0) process.on('exit', killAll)
  living.add(child)
}

function killAll(): void {
  for (const child of living) killGroup(child, 'SIGKILL')
}

function findProgram(command: string, cwd: string | undefined): string | undefined {
  if (!hasGroups) return command
  if (hasSlash(command)) {
    const path = resolve(cwd ?? '.', command)
    return isProgram(path) ? path : undefined
  }
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = resolve(folder, command)
    if (folder !== '' && isProgram(path)) return path
  }
  return undefined
}

function whyNoProgram(command: string, cwd: string | undefined): string {
  if (!hasSlash(command))
    return `there is no program "${command}" on the PATH (${process.env.PATH || 'which is empty'})`
  const found = statSync(resolve(cwd ?? '.', command), { throwIfNoEntry: false })
  if (found?.isDirectory()) return `"${command}" is a folder`
  if (!found) return `there is no program "${command}" at that path`
  return `"${command}" is not executable: allow it (chmod +x), or make it an argument of the program that runs it`
}

/** To the system the script itself is what is not there: after an environment has moved, or with a CR at the line's end. */
function missingInterpreter(program: string): string | undefined {
  if (!hasGroups) return undefined
  const [, interpreter] = /^#![ \t]*([^ \t\n]+)[^\n]*\n/.exec(beginningOf(program)) ?? []
  return interpreter?.startsWith('/') && !isProgram(interpreter) ? interpreter : undefined
}

function beginningOf(path: string): string {
  try {
    const file = openSync(path, 'r')
    const bytes = Buffer.alloc(256)
    const length = readSync(file, bytes, 0, bytes.length, 0)
    closeSync(file)
    return bytes.toString('latin1', 0, length)
  } catch {
    return '' // it may be run, and not read
  }
}

function hasSlash(command: string): boolean {
  return command.includes('/')
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
