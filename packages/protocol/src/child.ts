// Starts programs in process groups of their own and leaves none behind. Knows nothing of what they say.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
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
  if (program === undefined) {
    const where = hasSlash(command) ? 'at that path' : `on the PATH (${process.env.PATH || 'which is empty'})`
    return `there is no program "${command}" ${where}`
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
