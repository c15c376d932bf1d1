// A real browser, for tests of the page. A page that writes an error to its console, breaks its policy, asks another origin or
// throws fails its test.

import { spawnSync } from 'node:child_process'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, expect, onTestFinished } from 'vitest'
import { chromiumPath } from '../../../scripts/chromium.mjs'

/** The browser's path, or why there is none. As root on Debian it is installed. */
export function browserPath(): { path: string } | { why: string } {
  const found = chromiumPath()
  if (found !== undefined) return { path: found }
  if (process.geteuid?.() !== 0) return { why: 'there is no Chromium here, and only root could install it' }
  for (const words of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    spawnSync('apt-get', words, { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  }
  const installed = chromiumPath()
  return installed === undefined
    ? { why: 'there is no Chromium here, and it could not be installed' }
    : { path: installed }
}

export interface OpenOptions {
  readonly width?: number
  readonly height?: number
  readonly theme?: 'light' | 'dark'
  /** Of the reader: `Asia/Tokyo`. */
  readonly timezone?: string
  /** Milliseconds by which the clock of the reader goes before that of the server. */
  readonly clockAhead?: number
  /** Console errors that the test wants: a part of their text. */
  readonly expected?: readonly string[]
  /** Beside another page: with what that one keeps. */
  readonly beside?: Page
  /** Done before the page is asked for. */
  readonly before?: (page: Page) => Promise<unknown>
}

let browser: Promise<Browser> | undefined

/** A new page with nothing kept from others; closed when the test has ended. */
export async function openPage(address: string, options: OpenOptions = {}): Promise<Page> {
  const { width = 1440, height = 900, theme = 'light', timezone, clockAhead, expected = [], beside, before } = options
  const found = browserPath()
  if ('why' in found) throw new Error(found.why)
  if (!browser) {
    browser = chromium.launch({ executablePath: found.path, args: ['--no-sandbox'] })
    afterAll(async () => (await browser)?.close())
  }
  const context =
    beside?.context() ??
    (await (
      await browser
    ).newContext({
      viewport: { width, height },
      colorScheme: theme,
      ...(timezone === undefined ? {} : { timezoneId: timezone }),
    }))
  // Patience for a machine that is busy; a test has a minute.
  context.setDefaultTimeout(50_000)
  const page = await context.newPage()
  if (clockAhead !== undefined) {
    await page.addInitScript(`{ const now = Date.now; Date.now = () => now.call(Date) + ${clockAhead} }`)
  }
  await before?.(page)
  const faults: string[] = []
  page.on('console', (message) => {
    const text = message.text()
    if (message.type() === 'error' && !expected.some((part) => text.includes(part))) faults.push(text)
  })
  page.on('pageerror', (error) => {
    if (!expected.some((part) => error.message.includes(part))) faults.push(error.stack ?? error.message)
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith('data:') && !url.startsWith('blob:') && new URL(url).origin !== new URL(address).origin) {
      faults.push(`asked another origin: ${url}`)
    }
  })
  onTestFinished(async () => {
    await (beside ? page : context).close()
    expect(faults).toEqual([])
  })
  await page.goto(address)
  return page
}

/**
 * Expects no violation of WCAG 2.2 AA on the page as it is now. One rule that is experimental is off: links of runs are named by
 * the whole id, of which a list shows the end.
 */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source)
  const found = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], rules: { 'label-content-name-mismatch': { enabled: false } } })`,
  )) as axe.AxeResults
  const violations = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
  expect(violations).toEqual([])
}
