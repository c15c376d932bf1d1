// What a bare script does that calls a component server over stdio: the same lines, and nothing else.

import { spawn } from 'node:child_process'
import { path, printedBy } from './programs.mjs'

const HELLO = { runtime_protocol_version: 1, capabilities: { idempotency_key: true } }
const INITIALIZE = `${JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params: HELLO })}\n`
const INITIALIZED = `${JSON.stringify({ jsonrpc: '2.0', method: 'initialized', params: {} })}\n`

/** What a bare script takes that does it once, without its start; `inputs`: a file of lines. */
export function bareExchange(inputs, inFlight, command, ...args) {
  return Number(printedBy([path('bench/bare-exchange.mjs'), inputs, `${inFlight}`, command, ...args]))
}

/** Milliseconds from the handshake to the last answer; without inputs, from the start to the handshake. */
export function exchange(command, args, inputs, inFlight, env = process.env) {
  const begun = performance.now()
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], env })
  let sent = 0
  const request = () => {
    const input = JSON.parse(inputs[sent])
    const observability = { run_id: '0190c8f0-0000-7000-8000-000000000000', step_id: 'echo' }
    const params = {
      component: '/echo',
      input,
      attempt: 1,
      observability,
      idempotency_key: `${observability.run_id}/${sent}/0/1`,
    }
    sent++
    return `${JSON.stringify({ jsonrpc: '2.0', id: sent, method: 'components/execute', params })}\n`
  }
  return new Promise((resolve, reject) => {
    let start
    let rest = []
    let answered = 0
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`${command} ${args.join(' ')} ended with ${code}`)))
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (text) => {
      if (!text.includes('\n')) return void rest.push(text)
      const lines = (rest.join('') + text).split('\n')
      rest = [lines.pop()]
      let more = ''
      for (const each of lines) {
        JSON.parse(each)
        if (start === undefined) {
          start = performance.now()
          more += INITIALIZED
          while (sent < Math.min(inFlight, inputs.length)) more += request()
          continue
        }
        answered++
        if (sent < inputs.length) more += request()
      }
      if (more) child.stdin.write(more)
      if (answered < inputs.length) return
      child.stdin.end()
      resolve(inputs.length === 0 ? start - begun : performance.now() - start)
    })
    child.stdin.write(INITIALIZE)
  })
}
