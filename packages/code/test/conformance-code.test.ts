// The conformance flows in TypeScript, on every store.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { createEngine, createMemoryStore, type Engine } from 'stepflow'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Conformance } from '../../../conformance/code/kit.ts'
import { expectCase } from '../../../test/expect-case.ts'
import { root } from '../../../test/stepflow.ts'

const folder = join(root, 'conformance/code')
const files = readdirSync(folder).filter((name) => name !== 'kit.ts')
const home = mkdtempSync(join(tmpdir(), 'stepflow-conformance-'))

afterAll(() => {
  rmSync(home, { recursive: true, force: true })
})

for (const kind of ['memory', 'sqlite'] as const) {
  describe(kind, () => {
    let engine: Engine

    beforeAll(async () => {
      const store = kind === 'memory' ? createMemoryStore() : await createSqliteStore({ path: join(home, 'runs.db') })
      engine = createEngine({ store, log: () => {} })
    })
    afterAll(() => engine.close())

    for (const file of files) {
      test(file, async () => {
        const { flow, cases } = (await import(join(folder, file))) as Conformance
        for (const one of cases) expectCase(await engine.runOutcome(flow, one.input ?? null), one)
      })
    }
  })
}
