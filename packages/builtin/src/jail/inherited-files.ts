// Files that whoever started this process left open in it, such as the pipe of a supervisor, or that of a shell's `<(…)`.
// Node shuts the lowest of them off from its children; all others go through to each child, and from there into a jail.

import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'

export type Stdio = ('pipe' | 'ignore' | number)[]

/** Starts a child with these files of its own; in the place of each one that it would inherit it finds /dev/null. */
export function withoutInherited<Child>(own: Readonly<Stdio>, start: (stdio: Stdio) => Child): Child {
  inherited ??= findInherited()
  const places = inherited.filter((fd) => fd >= own.length)
  if (places.length === 0) return start([...own])
  const nothing = openSync('/dev/null', 'r')
  try {
    const stdio = Array.from({ length: Math.max(...places) + 1 }, (_, fd) => own[fd] ?? 'ignore')
    for (const fd of places) stdio[fd] = nothing
    return start(stdio)
  } finally {
    closeSync(nothing)
  }
}

// ---

/** Found out once: what this process opens by itself, no child gets. */
let inherited: readonly number[] | undefined

function findInherited(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number).filter(isInheritable)
  } catch {
    return [] // no /proc, so no Linux
  }
}

function isInheritable(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0
  } catch {
    return false // the one that the folder was read with
  }
}

const O_CLOEXEC = 0o2000000
