#!/usr/bin/env node
// The executable: starts the bundled program, with what V8 compiled of it the last time. Does nothing else.
//
// Compiling the program takes longer than running a small flow. So the first `stepflow run` leaves the compiled code beside
// the program, under a name that only the same program and the same Node look for; where that cannot be written, or V8
// does not want it, everything works as well, 20 ms later.
'use strict'

const fs = require('node:fs')
const { createRequire } = require('node:module')
const { Script } = require('node:vm')
const { dirname, join } = require('node:path')

const file = join(fs.realpathSync(__dirname), '../dist/cli.cjs')
const stat = fs.statSync(file, { throwIfNoEntry: false })
if (!stat) {
  process.stderr.write('stepflow: this checkout has not been built yet: npm run build\n')
  process.exit(70)
}

const cache = `${file}-${stat.size}-${Math.round(stat.mtimeMs)}-${process.version}-${process.arch}.cache`
load().start()

function load() {
  const cachedData = readCache()
  const source = `(function (exports, require, module, __filename, __dirname, __import) {${fs.readFileSync(file, 'utf8')}\n})`
  const script = new Script(source, { filename: file, cachedData })
  const module = { exports: {} }
  // Compiled code from a cache has forgotten how to import(): what a user names is imported from here.
  const parts = [module.exports, createRequire(file), module, file, dirname(file), (name) => import(name)]
  script.runInThisContext().apply(module.exports, parts)
  if (!cachedData && process.argv[2] === 'run') process.on('exit', (code) => code === 0 && writeCache(script))
  return module.exports
}

function readCache() {
  try {
    return fs.readFileSync(cache)
  } catch {
    return undefined
  }
}

/** Under another name first: whoever starts at the same moment must not read half of it. */
function writeCache(script) {
  try {
    const part = `${cache}.${process.pid}`
    fs.writeFileSync(part, script.createCachedData())
    fs.renameSync(part, cache)
  } catch {
    // A folder that may not be written: the next start compiles again.
  }
}
