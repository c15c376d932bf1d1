#!/usr/bin/env node
// The executable: starts the bundled program, with what V8 compiled of it the last time. Does nothing else.
//
// Compiling the program takes longer than running a small flow. So the first start leaves the compiled code beside the
// program, under a name that only the same program and the same Node look for; where that cannot be written, or V8 does
// not want it, everything works as well, 20 ms later.
'use strict'

const fs = require('node:fs')
const { createRequire } = require('node:module')
const { Script } = require('node:vm')
const { join } = require('node:path')

const STARTED_MS = 2000
const dist = join(fs.realpathSync(__dirname), '../dist')
if (!fs.existsSync(join(dist, 'cli.cjs'))) {
  process.stderr.write('stepflow: this checkout has not been built yet: npm run build\n')
  process.exit(70)
}
load('cli.cjs').start()

function load(name) {
  const file = join(dist, name)
  const stat = fs.statSync(file)
  const cache = `${file}-${stat.size}-${Math.round(stat.mtimeMs)}-${process.version}-${process.arch}.cache`
  const cachedData = readCache(cache)
  const source = `(function (exports, require, module, __filename, __dirname, __import) {${fs.readFileSync(file, 'utf8')}\n})`
  const script = new Script(source, { filename: file, cachedData })
  const module = { exports: {} }
  const other = createRequire(file)
  const requireFrom = (id) => (id === './commands.cjs' || id === './server.cjs' ? load(id.slice(2)) : other(id))
  // Compiled code from a cache has forgotten how to import(): what a user names is imported from here.
  const parts = [module.exports, requireFrom, module, file, dist, (id) => import(id)]
  script.runInThisContext().apply(module.exports, parts)
  if (!cachedData) leaveCompiled(cache, script)
  return module.exports
}

/** Of a program that runs for long, V8 drops what it compiled for the start: that is written before it is gone. */
function leaveCompiled(cache, script) {
  let isLeft = false
  const leave = () => {
    if (!isLeft) writeCache(cache, script)
    isLeft = true
  }
  setTimeout(leave, STARTED_MS).unref()
  process.on('exit', (code) => code === 0 && leave())
}

function readCache(cache) {
  try {
    return fs.readFileSync(cache)
  } catch {
    return undefined
  }
}

/** Under another name first: whoever starts at the same moment must not read half of it. */
function writeCache(cache, script) {
  try {
    const part = `${cache}.${process.pid}`
    fs.writeFileSync(part, script.createCachedData())
    fs.renameSync(part, cache)
  } catch {
    // A folder that may not be written: the next start compiles again.
  }
}
