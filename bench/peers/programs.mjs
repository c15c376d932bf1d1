// The programs of this folder as children: those that serve an address, and those that run what they are sent.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))

/** A program that prints a line of JSON with its address when it is ready; gives that line, and `end`. */
export async function serving(words, { cwd = here, node = process.execPath } = {}) {
  const child = spawn(node, words, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  const end = ending(child)
  let text = ''
  const ready = await new Promise((resolve, reject) => {
    // It is read to its end: a program whose output nobody takes would stop.
    child.stdout.on('data', (part) => {
      text += part
      const line = text.split('\n').find((one) => one.startsWith('{') && one.endsWith('}'))
      if (line !== undefined) resolve(JSON.parse(line))
    })
    child.once('exit', () => reject(new Error(`${words[0]} ended before it was ready: ${text}`)))
  })
  return { ...ready, end }
}

/** A program that is sent `{ runs, steps, atOnce }` and answers `{ ms, times }`. */
export async function running(words) {
  const args = ['--no-deprecation', ...words]
  const child = spawn(process.execPath, args, { cwd: here, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const end = ending(child)
  const answer = () =>
    new Promise((resolve, reject) => {
      const onExit = (status) => reject(new Error(`${words[0]} ended with ${status}`))
      child.once('exit', onExit)
      child.once('message', (message) => {
        child.off('exit', onExit)
        resolve(message)
      })
    })
  await answer()
  return {
    ask(message) {
      const answered = answer()
      child.send(message)
      return answered
    },
    end,
  }
}

// ---

function ending(child) {
  const closed = new Promise((resolve) => child.once('close', resolve))
  return async () => {
    child.kill('SIGTERM')
    await closed
  }
}
