// What one can do on the page of a run: look back, go into a step, find a step or an action by keys, filter its logs, see the
// commands of a terminal.

import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { StepRow } from '../src/model/run-graph.ts'
import { browserPath, expectAccessible, openPage } from './browser.ts'
import { eachOf, servedToAll } from './served.ts'

const FLOWS = {
  'flows/prices.yaml': `name: prices
input_schema: { type: object, properties: { lines: { type: array, title: Lines, items: { type: object } } } }
steps:
  - { id: begin, component: /builtin/noop, input: { $input: $ } }
  - { id: later, component: /builtin/sleep, input: { duration: 50ms, passthrough: { $step: begin } } }
${eachOf('{ $step: later, path: $.passthrough.lines }')}
output: { $step: each }
`,
  'flows/asks.yaml': `name: asks
steps:
  - { id: approve, component: /builtin/wait_for_signal, input: { name: approve } }
output: { $step: approve }
`,
}

const found = browserPath()
if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  describe('the page of a run', () => {
    let id: string
    const at = servedToAll({ files: FLOWS }, async ({ start }) => {
      id = await start('prices', { lines: [{ good: true }, { good: false }] })
    })
    const open = (search = '', options = {}) => openPage(`${at.url}/runs/${id}${search}`, options)

    test('shows how it stood at a moment, step by step by its keys', async () => {
      const page = await open()
      const slider = page.getByRole('slider', { name: 'Time' })
      await page.getByRole('button', { name: 'later, success' }).waitFor()
      const { steps } = (await at.call(`/runs/${id}/steps`)) as unknown as { steps: StepRow[] }
      const laterBegan = steps.find(({ stepId }) => stepId === 'later')?.startedAt ?? ''

      await slider.focus()
      await slider.press('Home')
      await page.getByRole('button', { name: 'each, pending' }).waitFor()
      // The run begins before its steps do.
      const moment = () => new URL(page.url()).searchParams.get('at') ?? ''
      while (moment() < laterBegan) {
        const before = moment()
        await slider.press('ArrowRight')
        await expect.poll(moment).not.toBe(before)
      }
      await page.getByRole('button', { name: 'later, running' }).waitFor()
      const then = page.url()
      expect(new URL(page.url()).searchParams.get('at')).toMatch(/^\d{4}-.*Z$/)
      // From one thing that happened to the next.
      await expect
        .poll(async () => {
          await slider.press('ArrowRight')
          return page.getByRole('button', { name: 'each, running' }).count()
        })
        .toBe(1)
      await page.goto(then)
      await page.getByRole('button', { name: 'later, running' }).waitFor()
      await page.getByRole('tab', { name: 'Steps' }).click()
      await page.getByRole('row').filter({ hasText: 'later' }).getByText('running').waitFor()
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Back to end' }).click()

      await page.getByRole('row').filter({ hasText: 'later' }).getByText('success').waitFor()
      expect(new URL(page.url()).searchParams.get('at')).toBeNull()
    })

    test.each(['light', 'dark'])('opens what runs inside a step in place, an element at a time (%s)', async (theme) => {
      const page = await open('', { theme })

      await page.getByRole('button', { name: 'Open each' }).click()
      const inside = page.getByRole('navigation', { name: 'Inside' })
      await inside.getByText('each').waitFor()
      await page.getByRole('button', { name: 'fetch, failed' }).click()
      const panel = page.getByRole('complementary', { name: 'Step fetch' })
      await panel.getByText('INVALID_INPUT').first().waitFor()
      await expectAccessible(page)
      await inside.getByLabel('Element').selectOption('0')
      await page.getByRole('button', { name: 'fetch, skipped' }).waitFor()
      await page.getByRole('tab', { name: 'Timeline' }).click()
      await page.getByRole('button', { name: 'parse, success' }).waitFor()
      await page.keyboard.press('Escape')

      await page.getByRole('button', { name: 'later, success' }).waitFor()
      expect(new URL(page.url()).searchParams.get('inside')).toBeNull()
    })

    test('is left and entered by Back and Forward', async () => {
      const page = await open()
      await page.getByRole('button', { name: 'Open each' }).click()
      await page.getByRole('button', { name: 'fetch, failed' }).waitFor()

      await page.goBack()
      await page.getByRole('button', { name: 'later, success' }).waitFor()
      await page.goForward()

      await page.getByRole('button', { name: 'fetch, failed' }).waitFor()
    })

    test('has its steps and its actions in the palette', async () => {
      const page = await open()
      await page.getByRole('button', { name: 'later, success' }).waitFor()

      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').fill('lat')
      await page.getByRole('option', { name: 'later' }).waitFor()
      await expectAccessible(page)
      await page.keyboard.press('Enter')
      await page.getByRole('complementary', { name: 'Step later' }).waitFor()
      await page.keyboard.press('.')
      await page.getByRole('option', { name: 'Compare' }).waitFor()
      expect(await page.getByRole('option', { name: 'Flows' }).count()).toBe(0)
      await page.getByRole('combobox').fill('as com')
      await page.keyboard.press('Enter')

      await page.getByRole('dialog', { name: 'As command' }).waitFor()
    })

    test('has each action as a command of a terminal, which does the same', async () => {
      const page = await open()
      await page.getByRole('button', { name: 'More' }).click()
      await page.getByRole('menuitem', { name: 'As command' }).click()
      const dialog = page.getByRole('dialog', { name: 'As command' })
      await dialog.getByText(`stepflow runs rerun ${id} --url ${at.url}`).waitFor()
      await expectAccessible(page)

      const text = await dialog.getByRole('region', { name: 'Rerun', exact: true }).locator('code').nth(1).textContent()

      const address = /(http\S+)$/.exec(text ?? '')?.[1] ?? ''
      const answer = await fetch(address, { method: 'POST' })
      expect([answer.status, text]).toEqual([202, `curl -X POST ${at.url}/api/v1/runs/${id}/rerun`])
    })

    test('is run again with an input from its form, and says the command for it', async () => {
      const page = await open()
      await page.getByRole('button', { name: 'Rerun', exact: true }).click()
      const dialog = page.getByRole('dialog', { name: 'Rerun' })
      await dialog.getByText('JSON', { exact: true }).click()
      await dialog.getByRole('textbox', { name: 'Input' }).fill('{"lines": [')
      await dialog.getByText('This is not JSON').waitFor()
      await dialog.getByRole('button', { name: 'Start' }).click()
      expect(page.url()).toContain(id)

      await dialog.getByRole('textbox', { name: 'Input' }).fill('{"lines": []}')
      await dialog.getByText('As command').click()
      await dialog.getByText(`--input-json '{"lines":[]}'`).waitFor()
      await expectAccessible(page)
      await dialog.getByRole('button', { name: 'Start' }).click()

      await page.getByText('rerun of').waitFor()
      expect(page.url()).not.toContain(id)
    })

    test('of many items is cancelled by somebody who has typed how many', async () => {
      const inputs = Array.from({ length: 30 }, () => ({}))
      const { runId } = await at.post('/runs', { flowName: 'asks', inputs })
      const page = await openPage(`${at.url}/runs/${runId}`)

      await page.getByRole('button', { name: 'Cancel', exact: true }).click()
      const dialog = page.getByRole('alertdialog', { name: 'Cancel 30 items?' })
      expect(await dialog.getByRole('button', { name: 'Cancel the run' }).isDisabled()).toBe(true)
      await expectAccessible(page)
      await dialog.getByLabel('Type 30').fill('30')
      await dialog.getByRole('button', { name: 'Cancel the run' }).click()

      await expect.poll(() => page.title()).toContain('cancelled')
    })

    test('is used on a telephone: nothing covers its views and actions, and nothing widens it', async () => {
      const page = await open('', { width: 390, height: 844 })

      await page.getByRole('tab', { name: 'Timeline' }).click()
      await page.getByRole('button', { name: 'later, success' }).click()
      await page
        .getByRole('complementary', { name: 'Step later' })
        .getByRole('button', { name: 'Close', exact: true })
        .click()
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Rerun', exact: true }).click()
      await page.getByRole('dialog', { name: 'Rerun' }).getByText('Reuses nothing').waitFor()

      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    })

    test('keeps the step that is looked for, and its place, in the address', async () => {
      const page = await open('?find=%2Blater')
      await page.getByRole('searchbox', { name: 'Find steps' }).waitFor()

      await expect.poll(() => fadedOf(page)).toEqual(['each'])
      await page.getByRole('searchbox', { name: 'Find steps' }).fill('each')
      await expect.poll(() => new URL(page.url()).searchParams.get('find')).toBe('each')
    })
  })
}

// ---

function fadedOf(page: Page): Promise<(string | null)[]> {
  return page.locator('.node.faded .name').allTextContents()
}
