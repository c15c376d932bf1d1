// A folder of flows, a store and a clock for a test of named flows: new ones for each test.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryStore, type Store } from '@stepflow/engine'
import { createManualClock, type ManualClock } from '@stepflow/engine/testing'
import { afterEach, beforeEach } from 'vitest'
import { defaultConfig } from '../src/config/config.ts'
import { type WiredPlugins, wirePlugins } from '../src/wire.ts'

/** What the folder of flows lies in. */
export let home: string
export let folder: string
export let store: Store
export let clock: ManualClock
export let plugins: WiredPlugins

export function newHomeForEachTest(): void {
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'stepflow-flows-'))
    folder = join(home, 'flows')
    mkdirSync(folder)
    store = createMemoryStore()
    clock = createManualClock(Date.UTC(2026, 10, 30))
    plugins = await wirePlugins(defaultConfig(home), { env: {}, flowDirectory: folder })
  })
  afterEach(async () => {
    await plugins.close()
    rmSync(home, { recursive: true, force: true })
  })
}
