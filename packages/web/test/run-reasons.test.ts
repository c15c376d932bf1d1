// Why a step was skipped, why it waits, how often it was tried, what took the time, and what it logged: on the page of a run.

import type { Page } from 'playwright-core'
import { describe, expect, test, vi } from 'vitest'
import { FILES } from '../../../test/reasons.ts'
import { browserPath, expectAccessible, openPage } from './browser.ts'
import { servedToAll } from './served.ts'

const TELL = `
export const tell = (input, { log }) => {
  log('info', 'begins')
  log('warning', 'is slow', { rows: 7 })
  log('error', 'has lost a row')
  return input
}
`
/** A step, and what waits for it. */
const one = (name: string, step: string) => `name: ${name}
steps:
  - { id: first, ${step} }
  - { id: second, component: /builtin/noop, input: { $step: first } }
output: { $step: second }
`
const wide = (count: number) => `name: wide
steps:
${Array.from({ length: count }, (_, i) => `  - { id: s_${i}, component: /w/${i === count - 1 ? 'fail' : 'same'}, input: ${i < 3 ? i : `{ $step: s_${i - 3} }`} }`).join('\n')}
output: { $step: s_${count - 1} }
`
const FLOWS = {
  ...FILES,
  'w.mjs': `${FILES['w.mjs']}${TELL}`,
  'flows/signal.yaml': one('signal', 'component: /builtin/wait_for_signal, input: { name: go, timeout: 1h }'),
  'flows/time.yaml': one('time', 'component: /builtin/wait, input: { duration: 1h }'),
  'flows/later.yaml': one(
    'later',
    'component: /w/fail, input: 1, retry: { max_attempts: 3, delay: 1h, backoff: fixed }',
  ),
  'flows/narrow.yaml': one('narrow', 'component: /narrow/hold, input: 1'),
  'flows/seldom.yaml': one('seldom', 'component: /seldom/same, input: 1'),
  'flows/tries.yaml': one(
    'tries',
    'component: /w/fail, input: 1, retry: { max_attempts: 3, delay: 20ms, backoff: fixed }',
  ),
  'flows/tells.yaml': one('tells', 'component: /w/tell, input: { total: 7 }'),
  'flows/wide.yaml': wide(90),
}

const found = browserPath()
if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  describe('the page of a run', () => {
    let early: string
    const at = servedToAll({ files: FLOWS }, async ({ post, start }) => {
      early = (await post('/runs', { flowName: 'signal', input: {} })).runId
      await start('seldom')
    })
    const begin = async (flowName: string, input: unknown = { n: 1 }) =>
      (await at.post('/runs', { flowName, input })).runId
    const open = (id: string, search = '', options = {}) => openPage(`${at.url}/runs/${id}${search}`, options)

    test.each([
      ['needs', 'Step "fails" failed'],
      ['off', '{"n":1}'],
      ['cleanup', 'Trigger rule one_failed: none of the steps it depends on failed'],
      ['spare', 'Nothing needed it'],
    ])('says why a step was skipped: %s', async (step, text) => {
      const page = await open(await at.start('skips', { n: 1 }), `?step=${step}`)

      await because(page, step, text)

      await page.getByRole('button', { name: `${step}, skipped` }).waitFor()
    })

    test('says which failure the run ended with before a step was reached', async () => {
      const page = await open(await at.start('stops'), '?step=after')

      await because(page, 'after', 'fails')

      await page.getByRole('button', { name: 'slow, cancelled' }).waitFor()
    })

    test.each([
      ['signal', 'first', 'Waits for the signal "go"'],
      ['signal', 'second', 'first'],
      ['time', 'first', 'Waits for its time'],
      ['later', 'first', 'The last attempt failed, and is repeated'],
      ['seldom', 'first', 'Waits for its turn'],
    ])('says what a step waits for: %s, %s', async (flow, step, text) => {
      const id = await begin(flow)
      const page = await open(id, `?step=${step}`)

      await because(page, step, text)

      if (step === 'first')
        await page
          .getByText(/, in \d+ (s|min|h)/)
          .first()
          .waitFor()
      if (flow === 'time') await expectAccessible(page)
    })

    test('says that a step waits for a place, and that its run is paused', async () => {
      const runs = [await begin('narrow'), await begin('narrow')]
      const waits = await vi.waitFor(
        async () => {
          const all = await Promise.all(runs.map((id) => at.call(`/runs/${id}/steps/first`)))
          const waiting = all.findIndex((answer) => 'why' in answer)
          expect(waiting).not.toBe(-1)
          return waiting
        },
        { timeout: 50_000 },
      )
      const page = await open(runs[waits] ?? '', '?step=first')
      await because(page, 'first', 'waits for its plugin')
      await page.getByRole('button', { name: 'Close', exact: true }).click()

      await page.getByRole('button', { name: 'Pause', exact: true }).click()

      await page.getByRole('heading', { level: 1 }).waitFor()
      await expect.poll(() => page.title()).toContain('paused')
    })

    test('marks each attempt, and lists what each failed with', async () => {
      const page = await open(await at.start('tries'))
      const panel = page.getByRole('complementary', { name: 'Step first' })

      await panel.getByText('attempt 3 of 3').waitFor()
      await panel.getByRole('tab', { name: 'Attempts' }).click()
      expect(await panel.locator('.attempts li').allInnerTexts()).toHaveLength(3)
      await page.getByRole('tab', { name: 'Timeline' }).click()

      await page.getByRole('button', { name: 'first, failed' }).waitFor()
      expect(await page.locator('.lane b').count()).toBe(3)
    })

    test('has what a step logged in its panel, and all of it in Logs, by level, step and text', async () => {
      const page = await open(await at.start('tells'), '?step=first')
      const panel = page.getByRole('complementary', { name: 'Step first' })

      await panel.getByRole('tab', { name: 'Logs' }).click()
      const lines = panel.getByRole('list', { name: 'Log' }).getByRole('listitem')
      await expect
        .poll(() => lines.allInnerTexts())
        .toEqual([
          expect.stringContaining('begins'),
          expect.stringMatching(/warning[\s\S]*is slow {"rows":7}/),
          expect.stringContaining('has lost a row'),
        ])
      await expectAccessible(page)
      await panel.getByRole('button', { name: 'Show in Logs' }).click()
      const table = page.getByRole('table', { name: 'Logs' })
      await table.getByText('begins').waitFor()
      await page.getByRole('button', { name: 'Warnings' }).click()
      await table.getByText('begins').waitFor({ state: 'detached' })
      await page.getByRole('searchbox', { name: 'Filter logs' }).fill('lost')
      await table.getByText('is slow').waitFor({ state: 'detached' })
      await table.getByText('has lost a row').waitFor()
      await page.getByRole('button', { name: 'Only first' }).click()

      await table.getByText('has lost a row').waitFor()
    })

    test('copies a path, a value and a reference from the tree of an output', async () => {
      const page = await open(await at.start('tells'), '?step=first')
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
      const copied = () => page.evaluate('navigator.clipboard.readText()')
      const panel = page.getByRole('complementary', { name: 'Step first' })
      await panel.getByRole('tab', { name: 'Output' }).click()

      await panel.getByRole('button', { name: 'Copy path $.total' }).click()
      await page.getByText('Copied $.total').waitFor()
      expect(await copied()).toBe('$.total')
      await panel.getByRole('button', { name: 'Copy reference to total' }).click()
      await expect.poll(copied).toBe('{ $step: first, path: total }')
      await expectAccessible(page)
      await panel.getByRole('button', { name: 'Copy value of total' }).click()

      await expect.poll(copied).toBe('7')
    })

    test('of a large graph has all of it small, which moves what is in sight', async () => {
      const page = await open(await at.start('wide'))
      await page.getByRole('button', { name: 's_89, failed' }).waitFor()
      const map = page.locator('.minimap-all')
      expect(await page.getByRole('button', { name: 's_0, success' }).count()).toBe(0)

      await map.click({ position: { x: 1, y: 1 } })

      await page.getByRole('button', { name: 's_0, success' }).waitFor()
      await page.getByRole('searchbox', { name: 'Find steps' }).fill('failed')
      await page.getByRole('searchbox', { name: 'Find steps' }).press('Enter')
      await page.getByRole('complementary', { name: 'Step s_89' }).waitFor()
    })

    test('has the same steps in its graph and in its outline, and tells what took the time', async () => {
      const page = await open(await at.start('tells'), '?step=-')
      await page.getByRole('button', { name: 'second, success' }).waitFor()

      const names = async (role: 'button' | 'treeitem') => {
        const all = await page.getByRole(role, { name: /^(first|second), / }).all()
        return Promise.all(all.map((one) => one.getAttribute('aria-label')))
      }
      expect(await names('treeitem')).toEqual(await names('button'))
      await page.getByText('critical path').waitFor()
      await page.getByRole('list', { name: 'Legend' }).getByText('critical').waitFor()
      await page.getByRole('tab', { name: 'Timeline' }).click()
      await expect.poll(() => page.locator('.bars .critical').count()).toBe(2)
    })

    test('folds the time in which nothing ran', async () => {
      const { createdAt } = (await at.call(`/runs/${early}`)) as { createdAt?: string } & object
      // It has waited since the first of these tests began.
      await expect.poll(() => Date.now() - Date.parse(createdAt ?? ''), { timeout: 10_000 }).toBeGreaterThan(2_500)
      await at.post(`/runs/${early}/signals/go`, {})
      await expect.poll(async () => (await at.call(`/runs/${early}`)).status).toBe('completed')
      const page = await open(early, '?view=timeline')

      await page.getByRole('button', { name: 'second, success' }).waitFor()

      expect(await page.locator('.lane').first().locator('.fold').count()).toBe(1)
    })
  })
}

// ---

async function because(page: Page, step: string, text: string): Promise<void> {
  const panel = page.getByRole('complementary', { name: `Step ${step}` })
  await panel.getByRole('tab', { name: 'Why' }).click()
  await panel.getByText(text).first().waitFor()
}
