// Runs of very many of one thing, in a real browser over a real server: steps, steps side by side, items, waits, visits, flows
// inside flows, and time between attempts.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { folderWith, program } from '../../stepflow/test/cli.ts'
import { serving } from '../../stepflow/test/serving.ts'
import { browserPath, openPage } from './browser.ts'
import { served, servedToAll } from './served.ts'

const LIMIT = { timeout: 180_000 }

const FLOWS = {
  'flows/checks.yaml': `name: checks
steps:
  - { id: parse, component: /builtin/noop, input: { $input: $ } }
  - { id: check, component: /builtin/http, skip_if: { $input: good }, needs: [parse], input: { url: 'ftp://nowhere' } }
output: { $coalesce: [{ $step: check }, { $step: parse }] }
`,
  'flows/asks.yaml': `name: asks
steps:
  - { id: approve, component: /builtin/wait_for_signal, input: { name: approve, title: { $input: title } } }
output: { $step: approve }
`,
  'flows/deep.yaml': `name: deep
steps:
${within(5)}
output: { $step: inner_5 }
`,
}

const found = browserPath()
if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  describe('a run', () => {
    const at = servedToAll({ files: FLOWS }, async () => {})
    const open = (runId: string, rest = '') => openPage(`${at.url}/runs/${runId}${rest}`)
    const ended = (runId: string) =>
      expect
        .poll(async () => (await at.call(`/runs/${runId}`)).status, { timeout: 120_000 })
        .toMatch(/completed|failed/)

    test('of 10,000 steps opens on the one that failed, whose neighbours are a key away', LIMIT, async () => {
      const { runId } = await at.post('/runs', { flow: longFlow(10_000), input: {}, wait: true })
      await ended(runId)
      const page = await open(runId)

      await page.getByRole('complementary', { name: 'Step s_9980' }).getByText('INVALID_INPUT').first().waitFor()
      expect(await page.locator('.node').count()).toBeLessThan(500)
      await page.getByRole('button', { name: 's_9980, failed' }).press('ArrowLeft')
      await page.getByRole('complementary', { name: /^Step s_99[4-6]\d$/ }).waitFor()
      await page.getByRole('tab', { name: 'Steps' }).click()
      await page.getByRole('table', { name: 'Steps' }).waitFor()
      expect(await page.locator('tbody tr').count()).toBeLessThan(200)
      await page.keyboard.press('n')

      await page.getByRole('complementary', { name: 'Step s_9980' }).waitFor()
    })

    test('of 1,000 steps side by side shows each of them, and all of them small', LIMIT, async () => {
      const steps = Array.from({ length: 1_000 }, (_, i) => ({ id: `w_${i}`, component: '/builtin/noop', input: i }))
      const { runId } = await at.post('/runs', { flow: { name: 'side', steps, output: { $step: 'w_999' } }, input: {} })
      await ended(runId)
      const page = await open(runId)
      await page.getByRole('tree', { name: 'Outline' }).waitFor()

      await page.getByRole('searchbox', { name: 'Find steps' }).fill('w_777')
      await page.keyboard.press('Enter')
      await page.getByRole('complementary', { name: 'Step w_777' }).waitFor()
      await page.getByRole('button', { name: 'w_777, success' }).waitFor()
      await page.locator('.minimap').waitFor()
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1440)
    })

    test('of 100,000 items shows them as cells, filters those that failed, and opens one', LIMIT, async () => {
      const inputs = Array.from({ length: 100_000 }, (_, i) => ({ good: i % 1_000 !== 7 }))
      const { runId } = await at.post('/runs', { flowName: 'checks', inputs })
      await ended(runId)
      const page = await open(runId)
      const grid = page.getByRole('grid', { name: 'Items' })
      await grid.getByRole('row').first().waitFor()

      expect(await grid.getAttribute('aria-rowcount')).toBe('100000')
      await page.getByRole('button', { name: 'Failed', exact: true }).click()
      await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe('100')
      expect(await grid.getByRole('row').count()).toBeLessThan(100)
      await grid.getByRole('row', { name: 'Item 7, failed' }).getByRole('link').click()

      await page.getByRole('complementary', { name: 'Step check' }).getByText('INVALID_INPUT').first().waitFor()
    })

    test('of flows five deep is entered one flow at a time, down to its last step', LIMIT, async () => {
      const runId = await at.start('deep')
      const page = await open(runId)

      for (let depth = 5; depth > 0; depth--) {
        await page.getByRole('button', { name: `Open inner_${depth}` }).click()
        await page
          .getByRole('button', { name: depth === 1 ? 'last, success' : `inner_${depth - 1}, success` })
          .waitFor()
      }
      await page.getByRole('button', { name: 'last, success' }).click()
      await page.getByRole('complementary', { name: 'Step last' }).waitFor()
    })
  })

  test('10,000 waits are one list, of which what is in sight is there', LIMIT, async () => {
    const { url, call, post } = await served({ files: FLOWS })
    const inputs = Array.from({ length: 10_000 }, (_, i) => ({ title: `Question ${i}` }))
    const { runId } = await post('/runs', { flowName: 'asks', inputs })
    await expect.poll(async () => (await call(`/runs/${runId}`)).items.waiting, { timeout: 120_000 }).toBe(10_000)
    const page = await openPage(`${url}/approvals`)

    await page.getByText('10,000 waiting, oldest first').waitFor()
    const list = page.getByRole('list', { name: 'Waiting approvals' })
    expect(await list.getByRole('listitem').count()).toBeLessThan(100)
    const first = await list.getByRole('link').first().innerText()
    await page.evaluate("document.querySelector('.approvals-list').scrollTo(0, 4000)")
    await expect.poll(() => list.getByRole('link').first().innerText()).not.toBe(first)

    await page.goto(`${url}/runs/${runId}`)
    await page.getByRole('grid', { name: 'Items' }).getByRole('row', { name: 'Item 0, waiting' }).waitFor()
  })

  test("a loop's 50 visits are each a row, and the panel shows any of them", LIMIT, async () => {
    const { folder } = folderWith({
      'loop.mjs': `import { StepFunction } from 'stepflow'
const loop = new StepFunction('loop')
loop.addStep('count', { func: (n) => (n ?? 0) + 1, nextStep: 'more' })
loop.addStep('more', { func: (n) => n, branch: (n) => (n < 50 ? 'count' : undefined) })
loop.setStartStep('count')
export default loop
`,
    })
    const words = ['run', 'loop.mjs', '--input-json', '0', '--store', 'sqlite:runs.db']
    const done = spawnSync(process.execPath, [program, ...words], { cwd: folder, encoding: 'utf8' })
    expect(done.stderr + done.stdout).toContain('50')
    const { url, call } = await served({ folder, words: ['--store', 'sqlite:runs.db'] })
    const { runs } = (await call('/runs')) as unknown as { runs: { runId: string }[] }
    const page = await openPage(`${url}/runs/${runs[0]?.runId}?view=steps`)

    await rowsOf(page, 'count').first().waitFor()
    expect(await page.getByRole('table', { name: 'Steps' }).getAttribute('aria-rowcount')).toBe('101')
    await page.goto(`${url}/runs/${runs[0]?.runId}?step=count&visit=7`)
    const panel = page.getByRole('complementary', { name: 'Step count' })
    await panel.getByRole('tab', { name: 'Output' }).click()
    await panel.getByText('7', { exact: true }).first().waitFor()
  })

  test('attempts a day apart are told with the day between them', LIMIT, async () => {
    const { folder } = folderWith({
      'flows/daily.yaml': `name: daily
steps:
  - { id: ask, component: /builtin/http, input: { url: 'http://127.0.0.1:9' }, retry: { max_attempts: 2, delay: 1d, max_delay: 1d, backoff: fixed } }
output: { $step: ask }
`,
      'stepflow-config.yml': `http: { allow_private: ["127.0.0.1:9"] }
`,
      'tomorrow.mjs': `const now = Date.now, Real = Date
globalThis.Date = class extends Real {
  constructor(...parts) { super(...(parts.length === 0 ? [now() + 90_000_000] : parts)) }
  static now() { return now() + 90_000_000 }
}
`,
    })
    const today = await served({ folder })
    const runId = (await today.post('/runs', { flowName: 'daily', input: {} })).runId
    const page = await openPage(`${today.url}/runs/${runId}`, { expected: ['ERR_', 'Failed to'] })
    await page.getByRole('complementary', { name: 'Step ask' }).getByText('in 23 h').first().waitFor()

    await today.stop()
    process.env.NODE_OPTIONS = `--import ${pathToFileURL(join(folder, 'tomorrow.mjs')).href}`
    try {
      await serving(folder, new URL(today.url).port)
    } finally {
      delete process.env.NODE_OPTIONS
    }
    await expect.poll(async () => (await today.call(`/runs/${runId}`)).status, { timeout: 60_000 }).toBe('failed')
    await page.goto(`${today.url}/runs/${runId}?view=timeline`)

    await page.getByRole('button', { name: 'ask, failed' }).waitFor()
    expect(await page.locator('.lane').first().locator('.fold').count()).toBe(1)
    await page.getByRole('complementary', { name: 'Step ask' }).getByText('attempt 2 of 2').waitFor()
  })
}

// ---

const rowsOf = (page: Page, step: string) =>
  page.getByRole('table', { name: 'Steps' }).getByRole('row').filter({ hasText: step })

/** Each step reads one of those before it; the last but nineteen fails. */
function longFlow(count: number) {
  const steps = Array.from({ length: count }, (_, i) => ({
    id: `s_${i}`,
    component: i === count - 20 ? '/builtin/http' : '/builtin/noop',
    input:
      i === count - 20 ? { url: 'ftp://nowhere', of: { $step: `s_${i - 20}` } } : i < 20 ? i : { $step: `s_${i - 20}` },
  }))
  return { name: 'long', steps, output: { $step: `s_${count - 1}` } }
}

/** A step that runs a flow that runs a flow; as lines of YAML. */
function within(depth: number, indent = '  '): string {
  if (depth === 0) return `${indent}- { id: last, component: /builtin/noop, input: 1 }`
  return `${indent}- id: inner_${depth}
${indent}  component: /builtin/map
${indent}  input:
${indent}    items: [1]
${indent}    workflow:
${indent}      $literal:
${indent}        steps:
${within(depth - 1, `${indent}          `)}
${indent}        output: { $step: ${depth === 1 ? 'last' : `inner_${depth - 1}`} }`
}
