// What waits for a person, what was decided, and the form that decides, in a real browser over a real server.

import { describe, expect, test } from 'vitest'
import { browserPath, expectAccessible, openPage } from './browser.ts'
import { served } from './served.ts'

const REFUNDS = {
  'flows/refunds.yaml': `name: refunds
steps:
  - id: approve
    component: /builtin/wait_for_signal
    input:
      name: approve
      title: { $input: title }
      context: { amount: 12.5, customer: Ada }
      timeout: 1d
      schema:
        type: object
        properties:
          decision: { enum: [Approve, Reject], title: Decision }
        required: [decision]
output: { $step: approve }
`,
}

const found = browserPath()

if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  describe('approvals', () => {
    test('are decided by a link on a narrow screen, once', async () => {
      const { url, start } = await served()
      await start('asks')
      const page = await openPage(`${url}/approvals`, { width: 360, height: 740 })

      await page.getByRole('list', { name: 'Waiting approvals' }).getByRole('link', { name: 'Send the notes?' }).click()
      const form = page.getByRole('form', { name: 'Decision' })
      await form.getByRole('button', { name: 'Send decision' }).click()
      await form.getByText('This is needed.').waitFor()
      expect(await form.getByText('This is needed.').count()).toBe(1)
      await form.getByLabel('How many').fill('12')
      await form.getByLabel('Send them').check()
      await expectAccessible(page)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
      await form.getByRole('button', { name: 'Send decision' }).click()

      await page.getByText('Decided by').waitFor()
      await page.getByRole('definition').getByText('12').waitFor()
      expect(await page.getByRole('form').count()).toBe(0)
    })

    test('that somebody else decided show who it was', async () => {
      const { url, start, call } = await served()
      await start('asks')
      const { waits } = (await call('/waits')) as unknown as { waits: { id: string }[] }
      const id = waits[0]?.id ?? ''
      const page = await openPage(`${url}/approvals/${id}`, { expected: ['409'] })
      await page.getByRole('form', { name: 'Decision' }).getByLabel('How many').fill('1')

      await call(`/waits/${id}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"count":7,"ok":false}',
      })
      await page
        .getByRole('button', { name: 'Send decision' })
        .click({ timeout: 2_000 })
        .catch(() => {})

      await page.getByText('Decided by').waitFor()
      await page.getByRole('definition').getByText('7').waitFor()
    })

    test.each(['light', 'dark'] as const)(
      'stand in columns, are decided beside the list, and then among those of 7 days (%s)',
      async (theme) => {
        const { url, start } = await served({ files: REFUNDS })
        await start('refunds', { title: 'Refund Ada?' })
        await start('refunds', { title: 'Refund Grace?' })
        const page = await openPage(`${url}/approvals`, { theme })
        const list = page.getByRole('list', { name: 'Waiting approvals' })

        await list.getByRole('listitem').filter({ hasText: 'Refund Ada?' }).getByText('in 23 h').waitFor()
        await list.getByRole('link', { name: 'Refund Ada?' }).click()
        const panel = page.getByRole('complementary', { name: 'Approval' })
        await panel.getByRole('heading', { name: 'Refund Ada?' }).waitFor()
        await panel.getByRole('definition').getByText('12.5').waitFor()
        await expectAccessible(page)
        await panel.getByRole('radiogroup', { name: 'Decision' }).getByLabel('Reject').check()
        await panel.getByRole('button', { name: 'Send decision' }).click()
        await panel.getByText('Decided by').waitFor()

        const decided = page.getByRole('table', { name: 'Decided in 7 days' })
        await decided.getByRole('row').filter({ hasText: 'Refund Ada?' }).getByText('decided').waitFor()
        expect(await list.getByRole('listitem').count()).toBe(1)
        await expectAccessible(page)
        await page.goBack()
        await panel.waitFor({ state: 'detached' })
      },
    )

    test('are found by a part of what they say, which stays in the address', async () => {
      const { url, start } = await served({ files: REFUNDS })
      await start('refunds', { title: 'Refund Ada?' })
      await start('refunds', { title: 'Refund Grace?' })
      const page = await openPage(`${url}/approvals`)
      const list = page.getByRole('list', { name: 'Waiting approvals' })
      await list.getByRole('link', { name: 'Refund Ada?' }).waitFor()

      await page.getByRole('searchbox', { name: 'Filter approvals' }).fill('grace')
      await page.keyboard.press('Enter')

      await list.getByRole('link', { name: 'Refund Ada?' }).waitFor({ state: 'detached' })
      await page.reload()
      await list.getByRole('link', { name: 'Refund Grace?' }).waitFor()
      expect(await list.getByRole('listitem').count()).toBe(1)
    })
  })
}
