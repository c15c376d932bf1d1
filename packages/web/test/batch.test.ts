// The items of a batch, in a real browser, over a real server.

import { describe, expect, test } from 'vitest'
import { browserPath, expectAccessible, openPage } from './browser.ts'
import { served } from './served.ts'

const FLOWS = {
  'flows/embed.yaml': `name: embed
steps:
  - { id: parse, component: /builtin/noop, input: { $input: $ } }
  - { id: fetch, component: /builtin/http, skip_if: { $input: good }, input: { url: 'ftp://nowhere' } }
  - { id: store, component: /builtin/http, skip_if: { $input: stored }, input: { url: 'ftp://nowhere' } }
output: { $step: parse }
`,
  'flows/asks.yaml': `name: asks
steps:
  - { id: approve, component: /builtin/wait_for_signal, input: { name: approve } }
output: { $step: approve }
`,
}

const input = (n: number) => ({ good: n % 100 !== 3, stored: n % 100 !== 53 })
const inputs = (count: number) => Array.from({ length: count }, (_, n) => input(n))

const found = browserPath()
if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  describe('the items of a batch', () => {
    test.each([
      ['light', 1440],
      ['dark', 390],
    ] as const)(
      'are cells by number beside a list, and one is opened from either (%s, %s px)',
      async (theme, width) => {
        const { url, call, post } = await served({ files: FLOWS })
        const { runId } = await post('/runs', { flowName: 'embed', inputs: inputs(1000) })
        await expect.poll(async () => (await call(`/runs/${runId}`)).status, { timeout: 30_000 }).toBe('failed')
        const page = await openPage(`${url}/runs/${runId}`, { theme, width })

        const grid = page.getByRole('grid', { name: 'Items' })
        await grid.getByRole('row', { name: 'Item 3, failed' }).waitFor()
        await expectAccessible(page)
        await page.locator('.cells-scroll').click({ position: { x: 64 + 3 * 12 + 5, y: 5 } })

        await expect.poll(() => new URL(page.url()).searchParams.get('item')).toBe('3')
        await page.goBack()
        await page.getByRole('button', { name: 'Failed', exact: true }).click()
        expect(await grid.getAttribute('aria-rowcount')).toBe('20')
        await grid.getByRole('row', { name: 'Item 53, failed' }).getByRole('link').click()
        await page.getByRole('complementary', { name: 'Step store' }).getByText('INVALID_INPUT').first().waitFor()
      },
    )

    test('that failed of one cause are left when it is clicked, and all that failed are run again', async () => {
      const { url, call, post } = await served({ files: FLOWS })
      const { runId } = await post('/runs', { flowName: 'embed', inputs: inputs(200) })
      await expect.poll(async () => (await call(`/runs/${runId}`)).status, { timeout: 30_000 }).toBe('failed')
      const page = await openPage(`${url}/runs/${runId}`)

      await page.getByRole('list', { name: 'Failures' }).getByRole('button').first().click()
      const grid = page.getByRole('grid', { name: 'Items' })
      await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe('2')
      await page.getByRole('button', { name: 'Rerun 4 failed' }).click()
      await page.getByRole('dialog', { name: 'Rerun' }).getByText('4 of 200 items again').waitFor()
      await page.getByRole('button', { name: 'Start' }).click()

      await page.getByText('rerun of').waitFor()
    })

    test('change in sight as they go on, and with the theme that is chosen', async () => {
      const { url, post } = await served({ files: FLOWS })
      const { runId } = await post('/runs', { flowName: 'asks', inputs: [1, 2, 3] })
      const page = await openPage(`${url}/runs/${runId}`)
      await page.getByRole('row', { name: 'Item 1, waiting' }).waitFor()

      await post(`/runs/${runId}/signals/approve?item=1`, {})

      await page.getByRole('row', { name: 'Item 1, success' }).waitFor()
      await page.getByRole('row', { name: 'Item 2, waiting' }).waitFor()
      const cell = () =>
        page.evaluate(
          `document.querySelector('.cells-scroll canvas').getContext('2d').getImageData(88, 0, 12, 12).data.join()`,
        )
      const light = await cell()
      await page.getByRole('button', { name: 'Settings' }).click()
      await page.getByText('Dark', { exact: true }).click()

      await expect.poll(cell).not.toBe(light)
    })
  })
}
