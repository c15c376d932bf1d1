// Says when a folder should be looked at: when the system reports a change, once more until all stands still, and now and then
// all the same, for systems lose reports.

import { type FSWatcher, watch } from 'node:fs'
import type { Clock, Log } from '@stepflow/engine'

export interface WatchFolder {
  readonly root: string
  readonly clock: Clock
  readonly log: Log
  /** Answers whether to look again soon. */
  readonly look: () => Promise<boolean>
}

export function watchFolder({ root, clock, log, look }: WatchFolder): () => void {
  let watcher: FSWatcher | undefined
  let isStopped = false
  let isLooking = false
  let wantsLook = false
  let cancel = () => {}
  let warned = ''

  function plan(ms: number) {
    cancel()
    cancel = clock.timer(ms, () => void lookNow())
  }

  async function lookNow() {
    if (isStopped) return
    if (isLooking) {
      wantsLook = true
      return
    }
    isLooking = true
    wantsLook = false
    let isMoving = false
    try {
      listen()
      isMoving = await look()
    } catch (thrown) {
      log('warning', `the folder of flows cannot be followed: ${(thrown as Error).message}`)
    }
    isLooking = false
    if (!isStopped) plan(isMoving || wantsLook ? SOON_MS : SELDOM_MS)
  }

  /** The folder may be made later, and made again. */
  function listen() {
    if (watcher) return
    try {
      watcher = watch(root, { recursive: true, persistent: false }, () => plan(SOON_MS))
      watcher.on('error', lose)
      watcher.on('close', () => lose())
    } catch (thrown) {
      lose(thrown)
    }
  }

  function lose(thrown?: unknown) {
    watcher?.removeAllListeners()
    watcher?.close()
    watcher = undefined
    const { code = '', message = '' } = (thrown ?? {}) as NodeJS.ErrnoException
    if (code === '' || code === 'ENOENT' || warned === code) return
    warned = code
    log('warning', `changes of the folder of flows are noticed late: ${message}`)
  }

  listen()
  plan(SELDOM_MS)
  return () => {
    isStopped = true
    cancel()
    lose()
  }
}

// ---

const SOON_MS = 160
const SELDOM_MS = 3000
