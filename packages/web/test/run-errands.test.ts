// Errands at a run that take several steps: hold it and let it go on, choose a time, put it on paper.

import { describe, expect, test } from 'vitest'
import { browserPath, openPage } from './browser.ts'
import { servedToAll } from './served.ts'

const FLOWS = {
  'flows/asks.yaml': `name: asks
steps:
  - { id: approve, component: /builtin/wait_for_signal, input: { name: approve } }
output: { $step: approve }
`,
  'flows/breaks.yaml': `name: breaks
steps:
  - { id: first, component: /builtin/noop, input: 1 }
  - { id: broken, component: /builtin/http, needs: [first], input: { url: 'ftp://nowhere' } }
output: { $step: broken }
`,
}

const found = browserPath()
if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  describe('a run', () => {
    const at = servedToAll({ files: FLOWS })

    test('is paused, and goes on by Undo and by Resume', async () => {
      const page = await openPage(`${at.url}/runs/${await at.start('asks')}`)

      await page.getByRole('button', { name: 'Pause', exact: true }).click()
      await page.getByRole('button', { name: 'Undo' }).click()
      await page.getByRole('button', { name: 'Pause', exact: true }).click()
      await page.getByRole('button', { name: 'Resume', exact: true }).click()

      await page.getByRole('button', { name: 'Pause', exact: true }).waitFor()
    })

    test('is printed as its cause and its graph, without the frame', async () => {
      const page = await openPage(`${at.url}/runs/${await at.start('breaks')}`)
      await page.getByRole('complementary', { name: 'Step broken' }).getByText('INVALID_INPUT').first().waitFor()

      await page.emulateMedia({ media: 'print' })

      await page.getByText('INVALID_INPUT').first().waitFor()
      expect(await page.getByRole('navigation', { name: 'Main' }).isVisible()).toBe(false)
      expect(await page.locator('.button:visible').count()).toBe(0)
    })

    test('is among those of the time that was dragged over', async () => {
      await at.start('breaks')
      const page = await openPage(`${at.url}/runs`)
      const bars = page.locator('.columns')
      const box = await bars.boundingBox()
      if (!box) throw new Error('there are no bars')

      await page.mouse.move(box.x + 4, box.y + box.height / 2)
      await page.mouse.down()
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 })
      await page.mouse.up()

      await expect.poll(() => new URL(page.url()).searchParams.get('q')).toMatch(/since:.* until:/)
    })
  })
}
