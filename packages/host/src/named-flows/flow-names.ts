// What a flow may be called, and which file has a flow of that name.

import { dirname, join } from 'node:path'
import { FlowError } from '@stepflow/engine'

const LONGEST = 200

/** Why the text cannot name a flow; undefined if it can. */
export function whyNoName(name: string): string | undefined {
  if (name.trim() !== name || name === '') return 'it must have letters, and no space at its ends'
  if (name.length > LONGEST) return `it has more than ${LONGEST} characters`
  if (/[\p{Cc}\p{Cf}\p{Cs}]/u.test(name)) return 'it has characters that cannot be seen'
  if (name === 'new') return 'the page for a new flow has that address'
  if (/^(sha256:)?[0-9a-f]{64}$/.test(name)) return 'it reads like the id of a flow'
  if (name.split(/[/\\]/).some((part) => /^\.*$/.test(part))) return 'it reads like a path'
  return undefined
}

/** Throws INVALID_INPUT. */
export function checkFlowName(name: string): void {
  const why = whyNoName(name)
  if (why === undefined) return
  throw new FlowError('INVALID_INPUT', `a flow cannot be called ${JSON.stringify(name.slice(0, LONGEST))}: ${why}`)
}

/** True for a path that stays below the folder of flows. */
export function isFlowPath(path: string): boolean {
  return path.length <= 1000 && !/[\\\0]/.test(path) && path.split('/').every((part) => !/^\.*$/.test(part))
}

/** Where the files beside a flow are: in the folder of its own file, below that of flows; undefined for any other file. */
export function homesIn(folder: string): (file: string | undefined) => string | undefined {
  return (file) => (file !== undefined && isFlowPath(file) ? dirname(join(folder, file)) : undefined)
}

/** Of a file that does not name its flow: its path without the ending. */
export function nameByFile(path: string): string {
  return path.replace(/\.[^./]+$/, '')
}

/**
 * The file for a new flow, below the folder. One that does not name itself is found again by its file, so it must be called
 * as a file can be.
 */
export function fileFor(name: string, ending: 'yaml' | 'json', namesItself: boolean): string {
  const stem = namesItself
    ? name
        .replace(/[^\p{L}\p{N}_-]+/gu, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, LONGEST_STEM)
    : name
  if (isPlain(stem)) return `${stem}.${ending}`
  const how = 'use letters, digits, - and _, or give the flow a "name"'
  throw new FlowError('INVALID_INPUT', `no file can be made for the flow ${JSON.stringify(name)}: ${how}`)
}

// ---

const LONGEST_STEM = 100

/** No path, nothing hidden, and no name that Windows keeps for its devices. */
function isPlain(stem: string): boolean {
  const isReserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(stem)
  return (
    stem.length <= LONGEST_STEM && /^[\p{L}\p{N}_][\p{L}\p{N}_ -]*$/u.test(stem) && !stem.endsWith(' ') && !isReserved
  )
}
