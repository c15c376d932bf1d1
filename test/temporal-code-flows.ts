// The conformance flows in code, for a worker on a Temporal server: as files of its folder of flows, which is how it gets to
// their functions.

import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '@stepflow/engine'
import { openProject } from '@stepflow/host'
import { build } from 'esbuild'
import type { Case, Conformance } from '../conformance/code/kit.ts'
import { root } from './stepflow.ts'

export const codeNames = readdirSync(join(root, 'conformance/code')).filter((name) => name !== 'kit.ts')

export interface CodeFlow {
  readonly name: string
  readonly plan: Plan
  readonly cases: readonly Case[]
}

/** Writes them to a folder of flows in a project, as JavaScript, which every Node loads. */
export async function writeCodeFlows(project: string, folder: string): Promise<readonly CodeFlow[]> {
  mkdirSync(join(project, 'node_modules'), { recursive: true })
  symlinkSync(join(root, 'packages/stepflow'), join(project, 'node_modules/stepflow'))
  const resolveDir = join(root, 'conformance/code')
  return Promise.all(
    codeNames.map(async (name) => {
      const file = name.replace(/ts$/, 'mjs')
      await build({
        stdin: { contents: `export { flow as default } from './${name}'`, resolveDir },
        ...{ bundle: true, format: 'esm', external: ['stepflow'], outfile: join(folder, file), logLevel: 'error' },
      })
      const { cases } = (await import(join(resolveDir, name))) as Conformance
      return { name, cases, plan: await planOf(folder, file) }
    }),
  )
}

// ---

async function planOf(cwd: string, file: string): Promise<Plan> {
  const { plan, diagnostics, close } = await openProject({ file, cwd, env: {}, purpose: 'elsewhere' })
  await close()
  if (!plan) throw new Error(`${file}: ${JSON.stringify(diagnostics)}`)
  return plan
}
