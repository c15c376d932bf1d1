// What runs inside a step, why a step was skipped and what would have made a run shorter, in a real browser.

import { describe, expect, test } from 'vitest'
import { browserPath, expectAccessible, openPage } from './browser.ts'
import { eachOf, served } from './served.ts'

const FLOWS = {
  'flows/prices.yaml': `name: prices
steps:
${eachOf('{ $input: lines }')}
  - { id: notify, component: /builtin/noop, skip_if: { $step: decide, path: $.quiet }, input: 1 }
  - { id: decide, component: /builtin/noop, input: { quiet: true } }
output: { $step: each }
`,
}

const found = browserPath()
if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  describe('the panel of a step', () => {
    test.each([
      ['light', 1440],
      ['dark', 390],
    ] as const)('lists the elements inside it, those that failed first (%s, %s px)', async (theme, width) => {
      const { url, start } = await served({ files: FLOWS })
      const id = await start('prices', { lines: [{ good: true }, { good: true, n: 17 }, { good: false }] })
      const page = await openPage(`${url}/runs/${id}?step=each`, { theme, width })

      await page.getByRole('tab', { name: 'Inside' }).click()
      const elements = page.getByRole('list', { name: 'Elements' })
      await elements.getByRole('button', { name: 'Element 2, failed' }).waitFor()
      expect(await elements.getByRole('button').first().getAttribute('aria-label')).toBe('Element 2, failed')
      await elements.getByRole('button', { name: 'Element 2, failed' }).click()
      await elements.getByRole('button', { name: 'fetch, failed' }).click()
      await elements.getByText('INVALID_INPUT', { exact: true }).waitFor()
      await elements.getByRole('button', { name: 'Element 1, success' }).click()
      await elements
        .getByRole('list', { name: 'Steps of element 1' })
        .getByRole('button', { name: 'parse, success' })
        .click()

      await elements.getByText('17').first().waitFor()
      await expectAccessible(page)
    })

    test('is left for the editor of its flow', async () => {
      const { url, start } = await served({ files: FLOWS })
      const id = await start('prices', { lines: [] })
      const page = await openPage(`${url}/runs/${id}`)

      await page.getByRole('button', { name: 'More' }).click()
      await page.getByRole('menuitem', { name: 'Open in editor' }).click()

      await page.getByRole('textbox', { name: 'Flow text' }).waitFor()
    })

    test('says which step gave the value that decided, and leads there', async () => {
      const { url, start } = await served({ files: FLOWS })
      const id = await start('prices', { lines: [] })
      const page = await openPage(`${url}/runs/${id}?step=notify`)

      const panel = page.getByRole('complementary', { name: 'Step notify' })
      await panel.getByText('(line 14)').waitFor()
      await panel.getByRole('button', { name: 'decide', exact: true }).click()

      await page.getByRole('complementary', { name: 'Step decide' }).waitFor()
    })
  })
}
