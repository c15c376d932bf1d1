// What the published package holds module by module. tsc writes each package's code and declarations to a folder of its
// own, where they name one another (`@stepflow/engine`); who installs `stepflow` has none of those packages. So what the
// public entries reach is copied below packages/stepflow/dist, one folder a package, with paths in place of names:
//   types/esm, types/cjs   declarations; twice, for before TypeScript 5.8 a CommonJS program is not allowed to import the
//                          types of an ES module
//   modules                code, for bundlers: they leave out the modules that a program does not use. Without the SDK,
//                          which is small

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { entrySources } from './sources.mjs'

const packages = fileURLToPath(new URL('../packages/', import.meta.url))
const dist = join(packages, 'stepflow/dist')

/** Writes the declarations; throws where one is missing. */
export function publishTypes() {
  const texts = reachable('.d.ts', () => undefined)
  write('types/esm', texts, '{ "type": "module" }')
  write('types/cjs', texts, '{ "type": "commonjs" }')
}

/**
 * Writes the code for bundlers.
 * @param bundled library name -> file in `dist` that has it
 */
export function publishModules(bundled) {
  const texts = reachable(
    '.js',
    (name) => bundled[name],
    (name) => /^stepflow(\/|$)/.test(name) && name !== 'stepflow/sdk',
  )
  // Comments stay in the repository; names stay, for whoever reads a stack.
  for (const [place, text] of texts) texts.set(place, transformSync(text, { minifyWhitespace: true }).code)
  write('modules', texts, '{ "type": "module", "sideEffects": false }')
}

// ---

/** Where below `dist` a file stands -> its text, of all files that the entries of `stepflow` import, directly or not. */
function reachable(extension, fileOfLibrary, isPublic = (name) => /^stepflow(\/|$)/.test(name)) {
  const entries = Object.fromEntries(
    Object.entries(entrySources()).map(([name, source]) => [
      name,
      source.replace('/src/', '/dist/').replace(/\.ts$/, extension),
    ]),
  )
  const texts = new Map()
  for (const [name, file] of Object.entries(entries)) if (isPublic(name)) collect(file)
  return new Map([...texts].map(([file, text]) => [placeOf(file), text]))

  function collect(file) {
    if (texts.has(file)) return
    texts.set(file, '')
    const text = readFileSync(file, 'utf8')
      .replace(/^\/\/# sourceMappingURL=.*$/m, '')
      .replace(/(\bfrom |\bimport\(|^import )(['"])([^'"\n]+)\2/gm, (whole, before, quote, target) => {
        const path = pathFor(file, target)
        return path ? `${before}${quote}${path}${quote}` : whole
      })
    texts.set(file, text)
  }

  function pathFor(file, target) {
    const library = fileOfLibrary(target)
    // One folder deeper than `dist`: the copies are in `dist/modules`.
    if (library) return relative(dirname(join(dist, 'modules', placeOf(file))), join(dist, library))
    const found = targetOf(file, target)
    if (!found) return undefined
    collect(found)
    const path = relative(dirname(placeOf(file)), placeOf(found)).replace(/\.d\.ts$/, '.js')
    return path.startsWith('.') ? path : `./${path}`
  }

  function targetOf(file, target) {
    if (target.startsWith('.')) return join(dirname(file), target.replace(/\.(ts|js)$/, extension))
    if (!/^(@stepflow\/|stepflow(\/|$))/.test(target)) return undefined
    if (entries[target]) return entries[target]
    throw new Error(`${file} imports ${target}, which is no entry of a package`)
  }
}

/** `packages/engine/dist/plan/plan.js` -> `engine/plan/plan.js`. */
function placeOf(file) {
  return relative(packages, file).replace('/dist/', '/')
}

function write(folder, texts, packageJson) {
  rmSync(join(dist, folder), { recursive: true, force: true })
  for (const [place, text] of [...texts, ['package.json', `${packageJson}\n`]]) {
    const file = join(dist, folder, place)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}
