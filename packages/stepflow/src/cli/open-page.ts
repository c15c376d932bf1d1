// --open: a page in the user's browser. Where there is none, says so, and where the page is.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { Io } from './command.ts'
import type { Messages } from './messages.ts'

/** Does not wait for the browser. `url`: absent if there is no page. */
export function openPage(url: string | undefined, { env }: Pick<Io, 'env'>, messages: Messages): void {
  if (url === undefined) {
    messages.hint('--open: this run has no page, for no server serves its store; `stepflow serve` does')
    return
  }
  const [program, ...words] = openerOf(env)
  if (program === undefined) {
    messages.hint(`--open: there is no browser here, so open the page yourself: ${url}`)
    return
  }
  const child = spawn(program, [...words, url], { stdio: 'ignore', detached: true })
  child.on('error', ({ message }) =>
    messages.hint(`--open: the browser cannot be started (${message}): open ${url} yourself`),
  )
  child.unref()
}

// ---

/** Nothing where nobody could see a window: in a container, or on a machine without a screen. */
function openerOf(env: Io['env']): readonly string[] {
  if (env.BROWSER) return [env.BROWSER]
  if (process.platform === 'darwin') return ['open']
  if (process.platform === 'win32') return ['cmd', '/c', 'start', '""']
  if (isWsl()) return ['cmd.exe', '/c', 'start', '""']
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open'] : []
}

/** Linux inside Windows, whose browser it is. */
function isWsl(): boolean {
  if (!existsSync('/proc/sys/fs/binfmt_misc/WSLInterop')) return false
  return /microsoft/i.test(readFileSync('/proc/version', 'utf8'))
}
