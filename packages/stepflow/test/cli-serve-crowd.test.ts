// More connections than the system lets the server have open: whoever asks for something is answered.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { folderWith, program } from './cli.ts'

const OPEN_FILES = 300
const CROWD = 500
const WAITS = 'steps: [{ id: a, component: /builtin/wait_for_signal, input: { name: go } }]\noutput: { $step: a }\n'
const ECHO = 'steps: [{ id: a, component: /builtin/noop, input: { $input: n } }]\noutput: { $step: a }\n'

test.skipIf(process.platform !== 'linux')(
  'connections that ask for nothing give way to those that do; an answer that is being sent goes on',
  async () => {
    const { folder } = folderWith({})
    const words = [process.execPath, program, 'serve', '--port', '0', '--json']
    const child = spawn('sh', ['-c', `ulimit -n ${OPEN_FILES} && exec "$@"`, 'sh', ...words], { cwd: folder })
    const ended = once(child, 'close')
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await ended
    })
    let told = ''
    child.stderr.on('data', (part) => {
      told += part
    })
    const { url } = JSON.parse(String((await once(child.stdout, 'data'))[0]))
    const { hostname, port } = new URL(url)
    const { runId } = await post(`${url}/api/v1/runs`, { flow: WAITS, input: {} })
    const results = await fetch(`${url}/api/v1/runs/${runId}/results`)

    const crowd: Socket[] = []
    onTestFinished(() => crowd.forEach((socket) => void socket.destroy()))
    let cut = 0
    for (let n = 0; n < CROWD; n++) {
      const socket = connect(Number(port), hostname).on('error', () => {})
      crowd.push(socket.on('close', () => cut++))
      await Promise.race([once(socket, 'connect'), once(socket, 'close')])
      if (n % 2 === 0) socket.write('GET / HTTP/1.1\r\nHost: local')
      if (n % 100 !== 0) continue
      // Each with a connection of its own.
      const { result } = await post(`${url}/api/v1/runs`, { flow: ECHO, input: { n }, wait: true })
      expect(result).toEqual({ outcome: 'success', result: n })
    }
    const signalled = await post(`${url}/api/v1/runs/${runId}/signals/go`, 'went')

    expect(signalled.runId).toBe(runId)
    expect(await results.text()).toBe('{"outcome":"success","result":"went"}\n')
    await expect.poll(() => cut).toBeGreaterThanOrEqual(CROWD - OPEN_FILES)
    expect(told).not.toMatch(/error|EMFILE/)
  },
)

// ---

async function post(url: string, body: unknown) {
  const headers = { 'content-type': 'application/json', connection: 'close' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return JSON.parse(await answer.text())
}
