// The program that runs JavaScript in a jail. It reads lines {code} from stdin and writes lines to file 3: {} when it is ready,
// then for each code its answer and {done} when nothing of it is left to do. Nothing of its own realm is given to the code:
// what goes over are texts. Each code gets a context of its own.

import { ANSWER_MB } from './limits.ts'

export const JAVASCRIPT = `
// A function, so that nothing of this is global.
;(() => {
'use strict'
const fs = require('node:fs')
const vm = require('node:vm')

// What Node gives to programs like this one, beside the language: for code that finds a way into this realm.
const { builtinModules } = require('node:module')
const names = builtinModules.filter((name) => name !== 'process' && name !== 'console')
for (const name of [...names, 'fetch', 'WebSocket', 'EventSource', 'require', 'module', 'exports']) delete globalThis[name]
for (const name of ['binding', '_linkedBinding', 'dlopen', 'kill', 'getBuiltinModule']) {
  Object.defineProperty(process, name, { value: undefined })
}
for (const name of Object.keys(process.env)) delete process.env[name]

const say = (text) => {
  let from = 0
  const bytes = Buffer.from(text + '\\n')
  while (from < bytes.length) from += fs.writeSync(3, bytes, from)
}
const compile = (source, filename) => new vm.Script(source, { filename })
// Made inside, so that it belongs to the code's own realm.
const TOOLS = compile(\`(() => {
  const { stringify } = JSON
  const { String, Error, Promise } = globalThis
  const { isFinite } = Number
  const tagOf = Function.prototype.call.bind(Object.prototype.toString)
  const NO_JSON = { __proto__: null, function: 'a function', symbol: 'a symbol', bigint: 'a bigint', '[object Map]': 'a Map', '[object Set]': 'a Set' }
  const whyNoJson = (part) => (typeof part === 'number' && !isFinite(part) ? String(part) : NO_JSON[typeof part] ?? NO_JSON[tagOf(part)])
  const printed = []
  const show = (value) => { try { return typeof value === 'string' ? value : stringify(value) ?? String(value) } catch { return String(value) } }
  const lineOf = (error) => {
    const line = /(?:^|[\\\\s(])code:(\\\\d+)/.exec(String(error.stack))
    return line ? ' (line ' + line[1] + ')' : ''
  }
  const log = (...values) => { if (printed.length < 1000) printed.push(values.map(show).join(' ').slice(0, 2000)) }
  globalThis.console = { log, info: log, warn: log, error: log, debug: log }
  return {
    done: (value) => {
      let wrong
      const text = stringify({ value: value === undefined ? null : value, printed }, (_, part) => {
        wrong ??= whyNoJson(part)
        return wrong === undefined ? part : null
      })
      return wrong === undefined ? text : stringify({ error: 'the result is not JSON: it has ' + wrong + ' in it', printed })
    },
    failed: (error) => {
      let text = 'an error that cannot be shown'
      try { text = error instanceof Error ? error.name + ': ' + error.message + lineOf(error) : String(error) } catch {}
      return stringify({ error: text, printed })
    },
    settle: (value, then) => Promise.resolve(value).then((v) => then(v, true), (e) => then(e, false)),
    isLater: (value) => value !== null && typeof value === 'object' && typeof value.then === 'function',
  }
})()\`, 'tools')

const NAMED = 'typeof result === "undefined" ? undefined : result'
const named = compile(NAMED, 'result')

// Its value is that of its last expression, too: of the shortest end of the code that is one.
const bodyOf = (code) => {
  const compiled = (source) => { try { return compile('(async () => {' + source + '})', 'code') } catch {} }
  const ends = [...code.matchAll(/[;\\n](?=[^]*\\S)/g)].map((end) => end.index + 1).slice(-50).reverse()
  for (const at of [...ends, 0]) {
    const end = code.slice(at).replace(/[\\s;]+$/, '')
    if (end === '') continue
    const body = compiled(code.slice(0, at) + 'return ((last, named) => named === undefined ? last : named)((' + end + '\\n), ' + NAMED + ')')
    if (body) return body
  }
  return compiled(code + '\\n;return ' + NAMED)
}
const compiledOf = (code) => {
  try {
    return { code, script: compile(code, 'code') }
  } catch (error) {
    // With "return" or "await" at its top it is the body of a function.
    const body = bodyOf(code)
    if (body) return { code, body }
    const line = /^code:(\\d+)/.exec(String(error.stack))
    return { code, error: error.name + ': ' + error.message + (line ? ' (line ' + line[1] + ')' : '') }
  }
}

// The same code as before is compiled already.
let known = {}
let finish = () => {}
process.on('uncaughtException', (error) => finish(error, false))

const run = (code) => {
  if (known.code !== code) known = compiledOf(code)
  const { script, body, error } = known
  const context = vm.createContext(Object.create(null), { codeGeneration: { strings: true, wasm: false } })
  const inside = (script) => script.runInContext(context)
  const tools = inside(TOOLS)
  let isAnswered = false
  const answer = (text) => {
    if (isAnswered) return
    isAnswered = true
    if (typeof text !== 'string') say('{"error":"the code did not return JSON"}')
    // What is too large to be written as bytes is not tried: that would fail, and nothing would be said.
    else if (text.length > ${ANSWER_MB * 2 ** 20}) say('{"error":"its result is too large","limit":"answer"}')
    else say(text)
  }
  const end = (value, isValue) => {
    let text
    try { text = isValue ? tools.done(value) : tools.failed(value) } catch (error) { text = undefined }
    answer(text)
  }
  finish = end
  forsake = () => answer('{"error":"the code awaits a promise that never settles"}')
  if (error) return answer(JSON.stringify({ error }))
  try {
    let value
    if (body) value = inside(body)()
    else {
      const last = inside(script)
      value = inside(named)
      if (value === undefined) value = last
    }
    if (tools.isLater(value)) tools.settle(value, end)
    else end(value, true)
  } catch (error) {
    end(error, false)
  }
}
let forsake = () => {}

// Between two codes it waits for the next one only, so nothing of the one before goes on. That nothing is left to do is
// known when Node would end.
let rest = Buffer.alloc(0)
const next = () => {
  for (;;) {
    const end = rest.indexOf(10)
    if (end >= 0) {
      const line = rest.toString('utf8', 0, end)
      rest = rest.subarray(end + 1)
      return line
    }
    const chunk = Buffer.allocUnsafe(65536)
    const size = fs.readSync(0, chunk)
    if (size === 0) process.exit(0)
    rest = Buffer.concat([rest, chunk.subarray(0, size)])
  }
}
process.on('beforeExit', () => {
  forsake()
  say('{"done":0}')
  const line = next()
  setImmediate(() => run(JSON.parse(line).code))
})
say('{}')
const first = next()
setImmediate(() => run(JSON.parse(first).code))
})()
`

/** Where the outer walls do not take the network away, this does, for code that finds a way into Node's realm. */
export const NO_NETWORK = `
{
const no = () => { throw new Error('there is no network here') }
const net = require('node:net')
net.Socket.prototype.connect = no
net.Server.prototype.listen = no
for (const name of ['node:dgram', 'node:dns', 'node:dns/promises', 'node:http2', 'node:inspector']) {
  const module = require(name)
  for (const key of Object.keys(module)) if (typeof module[key] === 'function') try { module[key] = no } catch {}
  for (const key of ['Resolver', 'Socket']) if (module[key]?.prototype) {
    for (const method of Object.getOwnPropertyNames(module[key].prototype)) try { module[key].prototype[method] = no } catch {}
  }
}
require('node:module').syncBuiltinESMExports()
}
`
