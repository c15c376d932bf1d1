// Finds the package for another engine by the scheme of its URL: beside the project, else beside this program.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { FlowError } from '@stepflow/engine'
import type { EngineElsewhere } from './port.ts'

const PACKAGES: Readonly<Record<string, string>> = { temporal: '@stepflow/temporal' }

/** Throws INVALID_INPUT for a URL of no engine that is known, and for a package that is not installed. */
export async function loadElsewhere(url: string, cwd: string): Promise<EngineElsewhere> {
  const scheme = /^([a-z]+):\/\//.exec(url)?.[1]
  const name = scheme === undefined ? undefined : PACKAGES[scheme]
  if (name === undefined) {
    throw new FlowError('INVALID_INPUT', '--engine must be temporal://HOST:PORT/NAMESPACE?task_queue=QUEUE')
  }
  for (const from of [join(cwd, 'package.json'), import.meta.url]) {
    const require = createRequire(from)
    if (!isThere(require, name)) continue
    return require(name) as EngineElsewhere // its public names are these
  }
  throw new FlowError(
    'INVALID_INPUT',
    `${scheme}:// needs the package ${name}, which is not installed: npm install ${name}`,
  )
}

// ---

function isThere(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name)
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw thrown
    return false
  }
}
