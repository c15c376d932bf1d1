// docs/scaling.md, executed: a server and workers on one database, of which each is taken away while a batch runs.

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { freePort } from './free-port.ts'
import { newFolder } from './new-folder.ts'
import { canRunPages, runPage } from './run-page.ts'

await withPostgres((server) => {
  const asked = newFolder()

  test.skipIf(!canRunPages)(
    'workers are killed and stopped, the database restarts, and the batch has every result, in order, once',
    { timeout: 300_000 },
    async () => {
      let isOver = false
      // What restarts the database on the page asks us to.
      const restarting = (async () => {
        while (!isOver) {
          if (existsSync(join(asked, 'restart')) && !existsSync(join(asked, 'done'))) {
            await server.restart('SIGINT')
            writeFileSync(join(asked, 'done'), '')
          }
          await new Promise((again) => setTimeout(again, 20))
        }
      })()
      const sudo = `touch ${asked}/restart; until [ -e ${asked}/done ]; do sleep 0.1; done`
      const replace = {
        7837: String(await freePort()),
        'postgres://me@localhost/runs': server.url,
      }
      const parts = await runPage({ page: 'docs/scaling.md', replace, programs: { sudo } }).finally(() => {
        isOver = true
      })
      await restarting

      expect(parts).toBeGreaterThan(7)
      expect(existsSync(join(asked, 'done'))).toBe(true)
    },
  )
})
