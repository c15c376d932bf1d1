// `stepflow serve` of the built program over a folder, for those who take pictures of it.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const program = fileURLToPath(new URL('../../stepflow/bin/stepflow.cjs', import.meta.url))
const clockBack = new URL('clock-back.mjs', import.meta.url).href

/** `ago`: by how many milliseconds its clock goes behind; `token`: who `call` is. */
export async function serve(folder, { words = [], ago = 0, token } = {}) {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--json', '--quiet', ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env:
      ago === 0 ? process.env : { ...process.env, NODE_OPTIONS: `--import ${clockBack}`, CLOCK_BACK_MS: String(ago) },
  })
  const url = await new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (part) => {
      text += part
      if (text.includes('\n')) resolve(JSON.parse(text).url)
    })
    child.once('exit', () => reject(new Error('the server ended before it was ready')))
  })
  return {
    url,
    async call(address, body, method = 'POST') {
      const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
      const sent = body === undefined ? { headers } : { method, headers, body: JSON.stringify(body) }
      const answer = await fetch(`${url}/api/v1${address}`, sent)
      if (!answer.ok) throw new Error(await answer.text())
      return answer.status === 204 ? undefined : answer.json()
    },
    async end() {
      const closed = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      await closed
    },
  }
}
