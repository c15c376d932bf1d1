// What an interrupted batch left in its output: which items have their line. Changes nothing but a torn last line.

import { closeSync, fstatSync, ftruncateSync, openSync, readSync, statSync } from 'node:fs'
import { FlowError, IndexSet } from '@stepflow/engine'
import type { Counts } from './write-results.ts'

export interface Kept {
  /** Whole lines that are there. */
  readonly lines: number
  readonly counts: Readonly<Counts>
  isDone(item: number): boolean
}

/** Reads the output of an earlier run of the same batch; an output that is not there yet holds nothing. */
export function readKept(file: string, order: 'input' | 'completion'): Kept {
  const counts = { success: 0, skipped: 0, failed: 0 }
  const done = order === 'completion' ? new IndexSet() : undefined
  let lines = 0
  const fd = openExisting(file)
  if (fd === undefined) return { lines, counts, isDone: () => false }
  try {
    const end = eachLine(fd, (text) => {
      const line = parseHead(text)
      if (!line) return false
      if (done !== undefined && line.index === undefined) throw otherOrder(file, lines + 1, 'has no "index"', 'input')
      if (done === undefined && line.index !== undefined)
        throw otherOrder(file, lines + 1, 'has an "index"', 'completion')
      if (line.index !== undefined) done?.add(line.index)
      counts[line.outcome]++
      lines++
      return true
    })
    if (end.bad !== undefined) {
      throw new FlowError(
        'INVALID_INPUT',
        `line ${lines + 1} of ${file} is not a result of a batch: ${end.bad.slice(0, 80)}; use --resume with the output of the batch that was interrupted`,
      )
    }
    if (end.at < fstatSync(fd).size) ftruncateSync(fd, end.at)
  } finally {
    closeSync(fd)
  }
  const kept = lines
  return { lines, counts, isDone: done ? (item) => done.has(item) : (item) => item < kept }
}

/** How many results of a batch a file holds, of either order; undefined if it is something else, or not there. */
export function countResults(file: string): number | undefined {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined
  const fd = openSync(file, 'r')
  try {
    let lines = 0
    eachLine(fd, (text) => parseHead(text) !== undefined && ++lines > 0)
    if (lines > 0) return lines
    // A first line that was torn.
    const head = Buffer.alloc(12)
    return /^\{"(outcome|index)":/.test(head.toString('utf8', 0, readSync(fd, head, 0, head.length, 0))) ? 0 : undefined
  } finally {
    closeSync(fd)
  }
}

// ---

/**
 * Calls `see` with each whole line until it answers false. `at`: behind the last line it took; `bad`: the whole line that it
 * did not take. A last line without its line break was torn, and is not shown.
 */
function eachLine(fd: number, see: (line: string) => boolean): { at: number; bad?: string } {
  const buffer = Buffer.allocUnsafe(1 << 18)
  let head = Buffer.alloc(0)
  let at = 0
  for (;;) {
    const count = readSync(fd, buffer, 0, buffer.length, at + head.length)
    if (count === 0) return { at }
    const bytes = Buffer.concat([head, buffer.subarray(0, count)])
    let start = 0
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
      const line = bytes.toString('utf8', start, end)
      if (!see(line)) return { at, bad: line }
      at += end + 1 - start
      start = end + 1
    }
    head = bytes.subarray(start)
  }
}

/** The beginning of a result line says all we need; the rest was ours when we wrote it. */
function parseHead(text: string): { index: number | undefined; outcome: keyof Counts } | undefined {
  const match = /^\{(?:"index":(\d{1,9}),)?"outcome":"(success|skipped|failed)"[,}].*\}$/s.exec(text)
  if (!match) return undefined
  return { index: match[1] === undefined ? undefined : Number(match[1]), outcome: match[2] as keyof Counts }
}

function otherOrder(file: string, line: number, has: string, order: string): FlowError {
  return new FlowError(
    'INVALID_INPUT',
    `line ${line} of ${file} ${has}, so the batch was begun with --order ${order}: resume it with the same --order`,
  )
}

function openExisting(file: string): number | undefined {
  try {
    return openSync(file, 'r+')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
}
