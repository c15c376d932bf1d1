// What a page goes through: hostile text, a server below a path, roles, a session, a server that is gone for a while.

import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { stepflow } from '../../../test/stepflow.ts'
import { folderWith } from '../../stepflow/test/cli.ts'
import { browserPath, expectAccessible, openPage } from './browser.ts'
import { served } from './served.ts'

const found = browserPath()

if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  test('text that would like to be a page is shown as text, and widens nothing', async () => {
    const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202e\u0007`
    const { url, post } = await served()
    const { runId } = await post('/runs', {
      flowName: 'orders',
      input: { small: true, [hostile]: [hostile, 'a'.repeat(100_000), { '': hostile }] },
      labels: { evil: hostile.slice(0, 60) },
    })
    const page = await openPage(`${url}/runs`)
    await page.getByRole('link', { name: runId }).click()
    await page.getByRole('button', { name: 'fetch, success' }).click()
    await page.getByRole('tab', { name: 'Input' }).click()

    await page.getByText('<img src=x').first().waitFor()
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.title()).not.toContain('owned')
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
    for (const tab of ['Timeline', 'Steps', 'Logs', 'Source']) {
      await page.getByRole('tablist', { name: 'View' }).getByRole('tab', { name: tab }).click()
      expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
    }
  })

  test('below a base path all links, assets and events stay there', async () => {
    const { url, start } = await served({ words: ['--base-path', '/tools/flow'] })
    const id = await start('orders')
    const page = await openPage(`${url}/`)

    await page.getByRole('link', { name: id }).click()
    await page.getByRole('button', { name: 'score, success' }).waitFor()
    await page.getByRole('link', { name: 'Flows' }).click()
    await page.getByRole('table', { name: 'Flows' }).getByRole('link', { name: 'orders' }).waitFor()

    expect(url).toMatch(/\/tools\/flow$/)
    expect(page.url()).toBe(`${url}/flows`)
  })

  test('a viewer signs in, sees runs, and is offered nothing that is refused', async () => {
    const { folder } = folderWith({
      'flows/a.yaml': 'name: a\nsteps: [{ id: a, component: /builtin/noop }]\noutput: 1\n',
    })
    const made = spawnSync(process.execPath, [stepflow, 'tokens', 'create', '--role', 'viewer'], {
      cwd: folder,
      encoding: 'utf8',
    })
    const token = made.stdout.trim()
    const { url } = await served({ folder, words: ['--allow-host', 'flows.example'] })
    const page = await openPage(`${url}/flows`, { expected: ['401'] })

    await page.getByLabel('Token').fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Token').fill(token)
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('table', { name: 'Flows' }).getByRole('link', { name: 'a' }).click()
    await page.getByRole('table', { name: 'Versions' }).waitFor()

    expect(await page.getByRole('button', { name: 'Run' }).count()).toBe(0)
    expect(await page.getByRole('link', { name: 'Tokens' }).count()).toBe(0)
  })

  test('a session that ends while somebody types is begun again over the page, and nothing typed is lost', async () => {
    const { folder } = folderWith({ 'flows/a.yaml': NAMED })
    const made = spawnSync(process.execPath, [stepflow, 'tokens', 'create', '--role', 'admin'], {
      cwd: folder,
      encoding: 'utf8',
    })
    const { url } = await served({ folder, words: ['--allow-host', 'flows.example'] })
    const page = await openPage(`${url}/flows/a`, { expected: ['401'] })
    const signIn = async () => {
      await page.getByLabel('Token').fill(made.stdout.trim())
      await page.getByRole('button', { name: 'Sign in' }).click()
    }
    await signIn()
    await page.getByRole('button', { name: 'Run' }).click()
    const run = page.getByRole('dialog', { name: 'New run' })
    await run.getByLabel('Name').fill('Ada')

    await page.context().clearCookies()
    await run.getByRole('button', { name: 'Start' }).click()
    await page.getByRole('dialog', { name: 'Sign in' }).waitFor()
    await expectAccessible(page)
    await signIn()
    await page.getByRole('dialog', { name: 'Sign in' }).waitFor({ state: 'detached' })
    expect(await run.getByLabel('Name').inputValue()).toBe('Ada')
    await run.getByRole('button', { name: 'Start' }).click()

    await page.getByRole('button', { name: 'hello, success' }).waitFor()
  })

  test('a server that is gone for a while is said so, and followed when it is back', async () => {
    const { url, start, stop } = await served()
    await start('orders')
    const page = await openPage(`${url}/runs`, { expected: ['ERR_', 'Failed to load'] })
    await page.getByText('Live').waitFor()

    const startAgain = await stop()
    await page.getByText('Reconnecting').waitFor()
    await startAgain()
    await page.getByText('Live').waitFor()
    const next = await start('release-notes')

    // Which comes first is open: the list that is read again, or the stream.
    const news = page.getByRole('button', { name: '1 new' })
    const row = page.getByRole('link', { name: next })
    await news.or(row).first().waitFor()
    if (await news.isVisible()) await news.click()
    await row.waitFor()
  })

  test('times are those of the reader, or UTC where that is chosen', async () => {
    const { url, start } = await served()
    const id = await start('orders')
    const page = await openPage(`${url}/runs/${id}`, { timezone: 'Asia/Tokyo' })
    const panel = page.getByRole('complementary', { name: 'Run' })
    await panel.getByRole('tab', { name: 'Details' }).click()
    const created = panel.locator('dt', { hasText: 'Created' }).locator('+ dd')
    await expect.poll(() => created.textContent()).toMatch(/GMT\+9|JST/)

    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByRole('dialog', { name: 'Settings' }).getByText('UTC', { exact: true }).click()

    await expect.poll(() => created.textContent()).toMatch(/UTC$/)
  })

  test('a name that leads nowhere is not found, with ways back', async () => {
    const { url } = await served()
    const page = await openPage(`${url}/nowhere`, { expected: ['404'] })

    await page.getByRole('heading', { name: 'Not found' }).waitFor()
    await expectAccessible(page)
    await page.getByRole('main').getByRole('link', { name: 'Flows' }).click()

    await page.getByRole('heading', { name: 'Flows' }).waitFor()
  })
}

// ---

const NAMED = `name: a
input_schema: { type: object, properties: { name: { type: string, title: Name } } }
steps: [{ id: hello, component: /builtin/noop, input: { $input: name } }]
output: { $step: hello }
`
