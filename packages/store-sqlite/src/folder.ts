// The folder in which the file of a store is to be.

import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { FlowError } from '@stepflow/engine'

/** Makes it for the file of that path, if it is not there. */
export function prepareFolder(path: string): void {
  let isFolder: boolean
  try {
    makeFolder(dirname(path))
    isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  } catch (cause) {
    const message = `cannot make the folder of the store ${path}: ${(cause as Error).message}`
    throw new FlowError('RESOURCE_UNAVAILABLE', message, { cause })
  }
  if (isFolder) throw new FlowError('INVALID_INPUT', `the store ${path} is a folder; name a file in it`)
}

// ---

/** Not by `recursive`, with which Node never returns where a folder cannot be made because there is none to make it in. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path)
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'EEXIST' && statSync(path).isDirectory()) return
    if (code !== 'ENOENT' || dirname(path) === path) throw thrown
    makeFolder(dirname(path))
    mkdirSync(path)
  }
}
