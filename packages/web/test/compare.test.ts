// Two runs beside each other, in a real browser, over a real server.

import { describe, expect, test } from 'vitest'
import { browserPath, expectAccessible, openPage } from './browser.ts'
import { served } from './served.ts'

const found = browserPath()
if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  describe('two runs', () => {
    test.each([
      ['light', 1440],
      ['dark', 390],
    ] as const)('are compared by step, what began it first (%s, %s px)', async (theme, width) => {
      const { url, start } = await served()
      const [a, b] = [await start('orders', { small: false, n: 1 }), await start('orders', { small: true, n: 1 })]
      const page = await openPage(`${url}/compare/${a}/${b}`, { theme, width })

      const table = page.getByRole('table', { name: 'Steps' })
      await table.getByRole('button', { name: 'audit' }).waitFor()
      // fetch gives another output, and the others have what they have from it.
      await expect.poll(() => table.locator('tbody button').allInnerTexts()).toEqual(['fetch', 'score', 'audit'])
      if (width < 900) await table.getByRole('button', { name: 'fetch' }).click()
      const panel = page.getByRole('complementary', { name: 'Step fetch' })
      await panel.getByText('"small": false').waitFor()
      await panel.getByText('"small": true').waitFor()
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Close' }).click()
      if (width < 900) {
        // The graph shows its beginning there. What is selected is moved into sight, and stays where it is.
        await table.getByRole('button', { name: 'audit' }).click()
        await page.getByRole('button', { name: 'Close' }).click()
      }
      await page.getByRole('button', { name: 'audit, success to skipped' }).click()
      const audit = page.getByRole('complementary', { name: 'Step audit' })
      await audit.getByText('skipped', { exact: true }).waitFor()
      // It was its own condition.
      expect(await audit.innerText()).not.toContain('follows')
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toMatch(/^Compare \S+ with \S+$/)
      await expectAccessible(page)
    })

    test('are chosen in the list, or from the page of one', async () => {
      const { url, start } = await served()
      const [a, b] = [await start('orders'), await start('orders')]
      const page = await openPage(`${url}/runs`)

      await page.getByRole('checkbox', { name: `Select ${b}` }).check()
      await page.getByRole('checkbox', { name: `Select ${a}` }).check()
      await page.getByRole('toolbar', { name: 'Selected runs' }).getByRole('button', { name: 'Compare' }).click()
      await page.getByText('Each step ended alike in both runs.').waitFor()
      expect(page.url()).toContain(`/compare/${a}/${b}`)
      await page.getByRole('link', { name: a.slice(-8) }).click()
      await page.getByRole('button', { name: 'Compare' }).click()
      await page.getByRole('dialog', { name: 'Compare with' }).getByRole('link', { name: b }).click()

      await expect.poll(() => page.url()).toContain(`/compare/${b}/${a}`)
    })
  })
}
