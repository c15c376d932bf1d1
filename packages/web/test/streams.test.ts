// The stream of events under what happens to streams: cut, silent, of a server that has lost its store; shared by many tabs, and
// closed while nobody looks.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { browserPath, openPage } from './browser.ts'
import { served, servedToAll } from './served.ts'
import { type WeakLine, weakLine } from './weak-line.ts'

const FLOWS = {
  'flows/asks.yaml': `name: asks
steps:
  - { id: approve, component: /builtin/wait_for_signal, input: { name: approve } }
  - { id: after, component: /builtin/noop, input: { $step: approve } }
output: { $step: after }
`,
  'flows/login.yaml': `name: login
steps: [{ id: one, component: /builtin/noop }]
output: { $step: one }
`,
}

/** What the browser says of connections that fail. */
const FAILS = ['ERR_', 'Failed to load', 'Failed to fetch']

const found = browserPath()
if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  describe('a page', () => {
    let line: WeakLine
    const at = servedToAll({ files: FLOWS }, async ({ url }) => {
      line = await weakLine(url)
    })
    afterAll(() => line?.end())
    const begin = () => at.start('asks')
    const answer = (id: string) => at.post(`/runs/${id}/signals/approve`, {})
    const complete = async (id: string) => {
      await answer(id)
      await expect.poll(async () => (await at.call(`/runs/${id}`)).status).toBe('completed')
    }
    const rowOf = (page: Page, id: string) => page.getByRole('row').filter({ hasText: id.slice(-8) })
    const open = (path: string, options: Parameters<typeof openPage>[1] = {}) =>
      openPage(`${line.url}${path}`, { expected: FAILS, ...options })

    test('whose stream is cut shows all that happened meanwhile when it is back', async () => {
      const id = await begin()
      const page = await open(`/runs/${id}`)
      await page.getByRole('button', { name: 'approve, waiting' }).waitFor()

      line.cut()
      await page.getByRole('link', { name: 'Runs' }).first().click()
      await page.getByText('Reconnecting').waitFor()
      await complete(id)
      line.mend()

      await page.getByText('Live', { exact: true }).waitFor()
      await rowOf(page, id).getByText('success').waitFor()
      await page.getByRole('link', { name: id }).click()
      await page.getByRole('button', { name: 'after, success' }).waitFor()
    })

    test('whose stream falls silent says so, and follows another', async () => {
      const id = await begin()
      const page = await open('/runs', { before: aloneWithItsClock })
      await page.getByText('Live', { exact: true }).waitFor()

      line.fallSilent()
      line.cut()
      await page.clock.fastForward(46_000)
      await page.getByText('Reconnecting').waitFor()
      await answer(id)
      line.mend()

      await page.getByText('Live', { exact: true }).waitFor()
      await rowOf(page, id).getByText('success').waitFor()
    })

    test('that nobody looks at follows nothing, and is up to date when somebody does', async () => {
      const id = await begin()
      const page = await open(`/runs/${id}`, { before: (page) => page.clock.install() })
      await page.getByRole('button', { name: 'approve, waiting' }).waitFor()
      const look = (is: boolean) =>
        page.evaluate(`
          Object.defineProperty(document, 'hidden', { value: ${!is}, configurable: true })
          document.dispatchEvent(new Event('visibilitychange'))`)

      await look(false)
      await page.clock.fastForward(11_000)
      await complete(id)
      expect(await page.getByRole('button', { name: 'approve, waiting' }).count()).toBe(1)
      await look(true)

      await page.getByRole('button', { name: 'after, success' }).waitFor()
    })

    test('of a flow that is called as the page where one signs in is live', async () => {
      const page = await open('/flows/login')
      await page.getByRole('heading', { name: 'login' }).waitFor()

      await page.getByRole('link', { name: 'Runs' }).first().click()

      await page.getByText('Live', { exact: true }).waitFor()
    })

    test('is one of ten, and all of them are live', async () => {
      const id = await begin()
      const first = await open(`/runs/${id}`)
      const pages = [first]
      for (let i = 1; i < 10; i++) pages.push(await open(`/runs/${id}`, { beside: first }))
      for (const page of pages) await page.getByRole('button', { name: 'approve, waiting' }).waitFor()

      await answer(id)

      for (const page of pages) await page.getByRole('button', { name: 'after, success' }).waitFor()
    }, 240_000)

    test('of a server that is away as it begins comes when the server does', async () => {
      const id = await begin()
      const page = await open('/runs', {
        before: async (page) => {
          await aloneWithItsClock(page)
          await page.route('**/api/**', (route) => route.abort('connectionrefused'))
        },
      })
      await expect
        .poll(async () => {
          await page.clock.fastForward(5_000)
          return page.getByRole('alert').getByText('UNREACHABLE').count()
        })
        .toBe(1)

      await page.unroute('**/api/**')
      await page.clock.fastForward(10_000)

      await page.getByRole('link', { name: id }).waitFor()
    })
  })

  test('a page of a server that is gone says so where it was to load a part, and comes with the server', async () => {
    const { url, stop, folder, start } = await served({ files: FLOWS })
    const old = await start('asks')
    const page = await openPage(`${url}/runs`, { expected: FAILS })
    await page.getByRole('link', { name: old }).waitFor()
    await page.getByText('Live', { exact: true }).waitFor()

    const startAgain = await stop()
    await page.getByRole('link', { name: 'Components' }).click()
    await page.getByText('The server cannot be reached.').waitFor()
    // With another store: what the page knows of the old one is too old.
    rmSync(join(folder, '.stepflow'), { recursive: true })
    await startAgain()
    await page.getByRole('table', { name: 'Components' }).waitFor()
    await page.getByRole('link', { name: 'Runs' }).first().click()
    await page.getByRole('heading', { name: 'Nothing has run here yet' }).waitFor()
    const next = await start('asks')

    await page.getByRole('link', { name: next }).waitFor()
  })
}

// ---

/** With a stream of its own: the clock of a worker cannot be turned. */
async function aloneWithItsClock(page: Page): Promise<void> {
  await page.addInitScript('delete window.SharedWorker')
  await page.clock.install()
}
