// Where the source of each public entry of our packages is: `@stepflow/engine/testing` -> packages/engine/src/testing/index.ts.
// Read off the packages' own `exports`, so that bundles and tests know a new package or entry by itself.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const packages = new URL('../packages/', import.meta.url)

/** Specifier -> absolute path of a source file. */
export function entrySources() {
  const folders = readdirSync(packages).filter((folder) => existsSync(new URL(`${folder}/package.json`, packages)))
  const entries = folders.flatMap((folder) => {
    const { name, exports = {} } = JSON.parse(readFileSync(new URL(`${folder}/package.json`, packages), 'utf8'))
    return Object.entries(exports)
      .filter(([, target]) => typeof target === 'object')
      .map(([entry, target]) => [
        name + entry.slice(1),
        fileURLToPath(new URL(`${folder}/${sourceOf(target.types ?? target.import.types)}`, packages)),
      ])
  })
  return Object.fromEntries(entries)
}

/** `./dist/testing/index.d.ts`, and as published `./dist/types/esm/stepflow/index.d.ts`: the source of either. */
function sourceOf(types) {
  return types.replace(/^\.\/dist\/(types\/esm\/[^/]+\/)?/, 'src/').replace('.d.ts', '.ts')
}
