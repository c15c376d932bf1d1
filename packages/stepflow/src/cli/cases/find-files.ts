// Which files `stepflow test` is asked to look at: files as named, folders with all that is in them, each once, sorted.

import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { cannot } from '@stepflow/host'

export interface Found {
  readonly file: string
  /** It was named itself, not found in a folder. */
  readonly isNamed: boolean
}

/** Throws if one of the paths is not there. A folder without a file to look at is told. */
export function findFiles(paths: readonly string[], cwd: string, onEmpty: (folder: string) => void): Found[] {
  const found = new Map<string, Found>()
  const add = (file: string, isNamed: boolean) => {
    const real = realpathSync(resolve(cwd, file))
    if (!found.has(real)) found.set(real, { file, isNamed })
  }
  for (const path of paths) {
    let isFolder: boolean
    try {
      isFolder = statSync(resolve(cwd, path)).isDirectory()
    } catch (thrown) {
      throw cannot('read', path, 'the path', thrown)
    }
    if (!isFolder) {
      add(path, true)
      continue
    }
    const files = filesIn(path, cwd)
    if (files.length === 0) onEmpty(path)
    for (const file of files) add(file, false)
  }
  return [...found.values()].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0))
}

// ---

/** Links to folders are not followed: they may lead round in a circle. */
function filesIn(folder: string, cwd: string): string[] {
  return readdirSync(resolve(cwd, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return []
    if (entry.isDirectory()) return filesIn(path, cwd)
    return /\.ya?ml$/.test(entry.name) ? [path] : []
  })
}
