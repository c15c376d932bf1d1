// What a page shows of a server that fails, is slow or was replaced, of what is gone meanwhile, of a clock that is wrong, and of
// values that are too large to show.

import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserPath, expectAccessible, openPage } from './browser.ts'
import { servedToAll } from './served.ts'

const FLOWS = {
  'w.mjs': `
export const large = () => ({ text: 'x'.repeat(5 * 1024 * 1024) })
export const wide = () => Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => ['key_' + i, i]))
export const deep = () => {
  let value = 'the bottom'
  for (let i = 0; i < 100; i++) value = { in: value }
  return value
}
`,
  'stepflow-config.yml': `plugins:
  builtin: { type: builtin }
  w: { type: module, path: w.mjs }
routes:
  "/w/{*component}": [{ plugin: w }]
  "/{*component}": [{ plugin: builtin }]
`,
  'flows/breaks.yaml': `name: breaks
steps:
  - { id: first, component: /builtin/noop, input: 1 }
  - { id: broken, component: /builtin/http, needs: [first], input: { url: 'ftp://nowhere' } }
output: { $step: broken }
`,
  'flows/asks.yaml': `name: asks
steps:
  - { id: approve, component: /builtin/wait_for_signal, input: { name: approve, title: May it go on?, schema: { type: object, properties: { ok: { type: boolean, title: Yes } } } } }
output: { $step: approve }
`,
  'flows/values.yaml': `name: values
steps:
  - { id: large, component: /w/large, must_execute: true }
  - { id: wide, component: /w/wide, must_execute: true }
  - { id: deep, component: /w/deep }
output: { $step: deep }
`,
  'flows/nothing.yaml': `name: nothing
steps:
  - { id: a, component: /builtin/noop, skip_if: { $input: never }, must_execute: true }
  - { id: b, component: /builtin/noop, skip_if: { $input: never }, must_execute: true }
output: 1
`,
}

const found = browserPath()
if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  describe('a page', () => {
    let broken: string
    const at = servedToAll({ files: FLOWS }, async ({ start }) => {
      broken = await start('breaks')
    })
    const lists = /\/api\/v1\/runs\?limit=/

    test('says what the server could not do, where it was asked, and asks again', async () => {
      const page = await openPage(`${at.url}/flows`, { expected: ['500'] })
      const problem = {
        type: 'about:blank',
        title: 'Internal',
        status: 500,
        code: 'INTERNAL',
        detail: 'the disk is full',
      }
      await page.route(lists, (route) =>
        route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
      )

      await page.getByRole('link', { name: 'Runs' }).click()
      await page.getByRole('alert').getByText('the disk is full').waitFor()
      await expectAccessible(page)
      await page.unroute(lists)
      await page.getByRole('button', { name: 'Try again' }).click()

      await page.getByRole('link', { name: broken }).waitFor()
    })

    test('shows outlines while an answer takes its time, and then what came', async () => {
      const page = await openPage(`${at.url}/flows`)
      let goOn = () => {}
      const isTime = new Promise<void>((resolve) => {
        goOn = resolve
      })
      await page.route(lists, async (route) => {
        await isTime
        await route.continue()
      })

      await page.getByRole('link', { name: 'Runs' }).click()
      await page.getByRole('status', { name: 'Loading' }).waitFor()
      await page.getByRole('heading', { name: 'Runs' }).waitFor()
      goOn()

      await page.getByRole('link', { name: broken }).waitFor()
      expect(await page.getByRole('status', { name: 'Loading' }).count()).toBe(0)
    })

    test('of a server that has another version by now offers to be loaded again', async () => {
      const page = await openPage(`${at.url}/flows`, { expected: ['404', 'Failed to'] })
      await page.route(/components-page-[^/]*\.js/, (route) => route.fulfill({ status: 404 }))

      await page.getByRole('link', { name: 'Components' }).click()

      await page.getByText('New version.').waitFor()
      await page.unroute(/components-page-[^/]*\.js/)
      await page.getByRole('button', { name: 'Reload' }).click()
      await page.getByRole('table', { name: 'Components' }).waitFor()
    })

    test('loses the part that has a fault of its own, and keeps the others', async () => {
      const page = await openPage(`${at.url}/runs/${broken}`, { expected: ['Objects are not valid', 'React'] })
      await page.route(/\/logs/, (route) =>
        route.fulfill({ json: { logs: [{ at: '', level: 'info', message: {} }], cursor: 'x' } }),
      )

      await page.getByRole('tablist', { name: 'View' }).getByRole('tab', { name: 'Logs' }).click()
      await page.getByText('This part of the page broke.').waitFor()
      await page.getByRole('button', { name: 'Copy report' }).waitFor()
      await page.getByRole('complementary', { name: 'Step broken' }).getByText('INVALID_INPUT').first().waitFor()
      await page.getByRole('tab', { name: 'Graph' }).click()

      await page.getByRole('button', { name: 'broken, failed' }).waitFor()
    })

    test('of a run that somebody deletes meanwhile says that it is gone', async () => {
      const id = await at.start('breaks')
      const page = await openPage(`${at.url}/runs/${id}`, { expected: ['404'] })
      await page.getByRole('complementary', { name: 'Step broken' }).waitFor()
      const { ok } = await fetch(`${at.url}/api/v1/runs/${id}`, { method: 'DELETE' })
      expect(ok).toBe(true)

      await page.getByRole('button', { name: 'first, success' }).click()
      await page.getByText('NOT_FOUND').waitFor()
      await page.reload()

      await page.getByRole('heading', { name: 'Not found' }).waitFor()
    })

    test('of an approval whose run is cancelled meanwhile takes no decision for one', async () => {
      const { runId } = await at.post('/runs', { flowName: 'asks', input: {} })
      const page = await openPage(`${at.url}/approvals`, { expected: ['409', '404'] })
      await page.getByRole('link', { name: 'May it go on?' }).click()
      await page.getByRole('form', { name: 'Decision' }).waitFor()

      await at.post(`/runs/${runId}/cancel`, {})

      await page.getByText('no longer asks').first().waitFor()
      expect(await page.getByRole('button', { name: 'Send decision' }).count()).toBe(0)
    })

    test('tells times by the clock of the server, whatever that of the reader shows', async () => {
      await at.start('breaks')
      const page = await openPage(`${at.url}/runs`, { clockAhead: 3_600_000 })

      await page.getByRole('link', { name: broken }).waitFor()

      const started = () => page.locator('tbody time').allInnerTexts()
      await expect
        .poll(async () => (await started()).every((text) => /^(now|\d+ s ago|\d+ min ago)$/.test(text)))
        .toBe(true)
    })

    test('shows the beginning of a value that is too large, and all of it when it is asked for', async () => {
      const page = await openPage(`${at.url}/runs/${await at.start('values')}?step=large`)
      const panel = (step: string) => page.getByRole('complementary', { name: `Step ${step}` })

      await panel('large').getByText('The first of 5.0 MiB').waitFor()
      await page.getByRole('button', { name: 'wide, success' }).click()
      await panel('wide').getByRole('button', { name: 'Show all' }).click()
      await panel('wide').getByRole('button', { name: '99,900 more' }).waitFor()
      await page.getByRole('button', { name: 'deep, success' }).click()
      await panel('deep').getByRole('button', { name: 'Raw' }).click()
      await panel('deep').getByText('the bottom').waitFor()

      expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
    })

    test('shows a run of which every step was skipped', async () => {
      const page = await openPage(`${at.url}/runs/${await at.start('nothing', { never: true })}?view=timeline`)

      await page.getByRole('button', { name: 'a, skipped' }).waitFor()
      await page.getByRole('tab', { name: 'Steps' }).click()

      await page.getByRole('table', { name: 'Steps' }).getByRole('button', { name: 'b', exact: true }).waitFor()
    })

    test('is used with the keyboard alone: from the list to an error, and to a decision', async () => {
      const asked = (await at.post('/runs', { flowName: 'asks', input: {} })).runId
      const page = await openPage(`${at.url}/runs?q=status:failed`)
      await page.getByRole('link', { name: broken }).waitFor()

      await tabTo(page, `[aria-label="${broken}"]`)
      await page.keyboard.press('Enter')
      await page.getByRole('complementary', { name: 'Step broken' }).getByText('INVALID_INPUT').first().waitFor()
      await page.keyboard.press('g')
      await page.keyboard.press('a')
      await page.getByRole('link', { name: 'May it go on?' }).first().waitFor()
      await tabTo(page, 'a.question')
      await page.keyboard.press('Enter')
      await page.getByRole('form', { name: 'Decision' }).waitFor()
      await tabTo(page, 'form [type=checkbox]')
      await page.keyboard.press('Space')
      await tabTo(page, 'form button')
      await page.keyboard.press('Enter')

      await page.getByText('Decided by').waitFor()
      await expect.poll(async () => (await at.call(`/runs/${asked}`)).status).toBe('completed')
    })

    test.each([1024, 900, 700, 390])('hides no name and widens nothing at %s px', async (width) => {
      const page = await openPage(`${at.url}/runs/${broken}?view=steps`, { width, height: 768 })
      await page.getByRole('table', { name: 'Steps' }).getByRole('button', { name: 'first', exact: true }).waitFor()
      expect(await widthOf(page, 'tbody tr td:nth-child(2)')).toBeGreaterThan(60)

      await page.goto(`${at.url}/runs`)
      await page.getByRole('link', { name: broken }).waitFor()

      expect(await widthOf(page, 'tbody tr td.name')).toBeGreaterThan(60)
      expect(
        await page.evaluate(
          'document.querySelector(".scroll").scrollWidth <= document.querySelector(".scroll").clientWidth',
        ),
      ).toBe(true)
      expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
    })
  })
}

// ---

function widthOf(page: Page, selector: string): Promise<number> {
  return page.evaluate(`document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect().width`)
}

/** Presses Tab until the focus is on it. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never came to ${selector}`)
}
