// The nodes of a store in PostgreSQL, in a real browser over a real server and a worker beside it.

import { onTestFinished, test } from 'vitest'
import { begin, folderWith } from '../../stepflow/test/cli.ts'
import { startPostgres } from '../../store-postgres/test/server.ts'
import { browserPath, expectAccessible, openPage } from './browser.ts'
import { served } from './served.ts'

const browser = browserPath()
/** Longer than all that is waited for in it. */
const LIMIT = { timeout: 240_000 }

if ('why' in browser) test.skip(`skipped: ${browser.why}`, () => {})
else {
  test('a worker that joins is in the list, and one that was killed is silent', LIMIT, async ({ skip }) => {
    const postgres = await startPostgres()
    if (typeof postgres === 'string') return skip(`PostgreSQL: ${postgres}`)
    onTestFinished(postgres.stop)
    const words = ['--store', postgres.url]
    const { url } = await served({ words: [...words, '--name', 'front'] })
    const page = await openPage(`${url}/nodes`)
    const table = page.getByRole('table', { name: 'Nodes' })
    await table.getByRole('row', { name: 'front active' }).waitFor()

    const worker = begin(['worker', '--json', '--name', 'back', ...words], { cwd: folderWith({}).folder })
    onTestFinished(async () => {
      worker.child.kill('SIGKILL')
      await worker.ended
    })
    await table.getByRole('row', { name: 'back active' }).waitFor({ timeout: 60_000 })
    await expectAccessible(page)
    worker.child.kill('SIGKILL')

    await table.getByRole('row', { name: 'back silent' }).waitFor({ timeout: 60_000 })
  })
}
