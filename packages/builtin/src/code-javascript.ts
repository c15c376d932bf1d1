// The program that runs JavaScript for code-jail.ts. It reads {code} from stdin and writes its answer to file 3. Nothing of
// its own realm is given to the code: what goes over are texts.

export const JAVASCRIPT = `
'use strict'
const fs = require('node:fs')
const vm = require('node:vm')
const { code } = JSON.parse(fs.readFileSync(0, 'utf8'))

// The network, taken out for code that finds a way into this realm.
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
for (const name of ['fetch', 'WebSocket', 'EventSource']) delete globalThis[name]
for (const name of ['binding', '_linkedBinding', 'dlopen', 'kill', 'getBuiltinModule']) {
  Object.defineProperty(process, name, { value: undefined })
}
require('node:module').syncBuiltinESMExports()

const context = vm.createContext(Object.create(null), { codeGeneration: { strings: true, wasm: false } })
const inside = (source, filename) => vm.runInContext(source, context, { filename })
// Made inside, so that it belongs to the code's own realm.
const tools = inside(\`(() => {
  const { stringify } = JSON
  const { String, Error, Promise } = globalThis
  const printed = []
  const show = (value) => { try { return typeof value === 'string' ? value : stringify(value) ?? String(value) } catch { return String(value) } }
  const lineOf = (error) => {
    const line = /(?:^|[\\\\s(])code:(\\\\d+)/.exec(String(error.stack))
    return line ? ' (line ' + line[1] + ')' : ''
  }
  const log = (...values) => { if (printed.length < 1000) printed.push(values.map(show).join(' ').slice(0, 2000)) }
  globalThis.console = { log, info: log, warn: log, error: log, debug: log }
  return {
    done: (value) => stringify({ value: value === undefined ? null : value, printed }),
    failed: (error) => {
      let text = 'an error that cannot be shown'
      try { text = error instanceof Error ? error.name + ': ' + error.message + lineOf(error) : String(error) } catch {}
      return stringify({ error: text, printed })
    },
    settle: (value, then) => Promise.resolve(value).then((v) => then(v, true), (e) => then(e, false)),
    isLater: (value) => value !== null && typeof value === 'object' && typeof value.then === 'function',
  }
})()\`, 'tools')

const answer = (text) => {
  if (typeof text !== 'string') text = '{"error":"the code did not return JSON"}'
  let from = 0
  const bytes = Buffer.from(text)
  while (from < bytes.length) from += fs.writeSync(3, bytes, from)
  process.exit(0)
}
const finish = (value, isValue) => {
  let text
  try { text = isValue ? tools.done(value) : tools.failed(value) } catch (error) { text = undefined }
  answer(text)
}
process.on('uncaughtException', (error) => finish(error, false))

const NAMED = 'typeof result === "undefined" ? undefined : result'
const compiled = (source) => { try { return inside('(async () => {' + source + '})', 'code') } catch {} }
// Its value is that of its last expression, too: of the shortest end of the code that is one.
const bodyOf = (code) => {
  const ends = [...code.matchAll(/[;\\n](?=[^]*\\S)/g)].map((end) => end.index + 1).slice(-50).reverse()
  for (const at of [...ends, 0]) {
    const end = code.slice(at).replace(/[\\s;]+$/, '')
    if (end === '') continue
    const body = compiled(code.slice(0, at) + 'return ((last, named) => named === undefined ? last : named)((' + end + '\\n), ' + NAMED + ')')
    if (body) return body
  }
  return compiled(code + '\\n;return ' + NAMED)
}

let last, body
try {
  try {
    last = inside(code, 'code')
  } catch (error) {
    // With "return" or "await" at its top it is the body of a function.
    if (error?.name !== 'SyntaxError') throw error
    body = bodyOf(code)
    if (!body) throw error
  }
  const named = body ? undefined : inside(NAMED, 'result')
  const value = body ? body() : named === undefined ? last : named
  if (tools.isLater(value)) tools.settle(value, finish)
  else finish(value, true)
} catch (error) {
  finish(error, false)
}
process.on('beforeExit', () => answer('{"error":"the code awaits a promise that never settles"}'))
`
