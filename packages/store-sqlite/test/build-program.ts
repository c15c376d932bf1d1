// Programs of their own, from the sources as they are: what happens to a process cannot be tested inside this one.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { entrySources } from '../../../scripts/sources.mjs'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** Bundles `programs/NAME.ts`; answers the file to give to node. */
export async function buildProgram(name: string, folder: string): Promise<string> {
  const outfile = join(folder, `${name}.cjs`)
  await build({
    entryPoints: [path(`programs/${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
    alias: entrySources(),
    // By its path: the program lies outside of the workspace.
    plugins: [
      {
        name: 'outside',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^libsql$/ }, () => ({
            path: path('../../../node_modules/libsql/index.js'),
            external: true,
          })),
      },
    ],
  })
  return outfile
}
