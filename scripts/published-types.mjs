// The types of the published package. tsc writes each package's declarations beside its code, where they name one another
// (`@stepflow/engine`); who installs `stepflow` has none of those packages. So what the public entries reach is copied into
// packages/stepflow/dist/types, one folder a package, with paths in place of names. And once more as CommonJS: before
// TypeScript 5.8 a CommonJS program is not allowed to import the types of an ES module.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { entrySources } from './sources.mjs'

const packages = fileURLToPath(new URL('../packages/', import.meta.url))
const out = join(packages, 'stepflow/dist/types')

/** Writes `dist/types/{esm,cjs}`; throws where a declaration is missing. */
export function publishTypes() {
  const declarations = Object.fromEntries(
    Object.entries(entrySources()).map(([name, source]) => [name, declarationOf(source)]),
  )
  const texts = new Map()
  for (const [name, file] of Object.entries(declarations)) if (/^stepflow(\/|$)/.test(name)) collect(file)

  rmSync(out, { recursive: true, force: true })
  for (const kind of ['esm', 'cjs']) {
    for (const [file, text] of texts) write(join(out, kind, placeOf(file)), text)
    write(join(out, kind, 'package.json'), `{ "type": "${kind === 'esm' ? 'module' : 'commonjs'}" }\n`)
  }

  function collect(file) {
    if (texts.has(file)) return
    texts.set(file, '')
    const text = readFileSync(file, 'utf8')
      .replace(/^\/\/# sourceMappingURL=.*$/m, '')
      .replace(/(from |import\()(['"])([^'"]+)\2/g, (whole, before, quote, target) => {
        const found = targetOf(file, target)
        if (!found) return whole
        collect(found)
        return `${before}${quote}${pathBetween(file, found)}${quote}`
      })
    texts.set(file, text)
  }

  function targetOf(file, target) {
    if (target.startsWith('.')) return join(dirname(file), target.replace(/\.(ts|js)$/, '.d.ts'))
    if (!/^(@stepflow\/|stepflow)/.test(target)) return undefined
    if (declarations[target]) return declarations[target]
    throw new Error(`${file} imports the types of ${target}, which is no entry of a package`)
  }
}

// ---

function declarationOf(source) {
  return source.replace('/src/', '/dist/').replace(/\.ts$/, '.d.ts')
}

/** `packages/engine/dist/plan/plan.d.ts` -> `engine/plan/plan.d.ts`. */
function placeOf(file) {
  return relative(packages, file).replace('/dist/', '/')
}

function pathBetween(from, to) {
  const path = relative(dirname(placeOf(from)), placeOf(to)).replace(/\.d\.ts$/, '.js')
  return path.startsWith('.') ? path : `./${path}`
}

function write(file, text) {
  if (!existsSync(dirname(file))) mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
