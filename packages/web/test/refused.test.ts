// What a server refuses, as the page shows it: for want of a role, for its size, for a token that is revoked while somebody edits,
// and whatever pages of other origins ask. And that Back leads to where one was before, after each step.

import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { folderWith, program } from '../../stepflow/test/cli.ts'
import { browserPath, expectAccessible, openPage } from './browser.ts'
import { eachOf, served } from './served.ts'

const FLOWS = {
  'flows/orders.yaml': `name: orders
steps:
  - { id: fetch, component: /builtin/noop, input: { $input: $ } }
  - { id: score, component: /builtin/http, needs: [fetch], input: { url: 'ftp://nowhere' } }
output: { $step: score }
`,
  'flows/prices.yaml': `name: prices
steps:
${eachOf('{ $input: lines }')}
output: { $step: each }
`,
}

const found = browserPath()
if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  describe('a page', () => {
    test('that needs another role says which', async () => {
      const { folder } = folderWith(FLOWS)
      const token = newToken(folder, 'viewer')
      const { url } = await served({ folder, words: ['--allow-host', 'flows.example'] })
      const page = await openPage(`${url}/tokens`, { expected: ['401', '403'] })
      await page.getByLabel('Token').fill(token)
      await page.getByRole('button', { name: 'Sign in' }).click()

      await page.getByText('this needs the role admin').waitFor()

      await expectAccessible(page)
      expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0)
    })

    test('keeps an input that is too large for the server, and says so', async () => {
      const { url } = await served({ files: FLOWS })
      const page = await openPage(`${url}/flows/orders`, { expected: ['413'] })
      await page.getByRole('button', { name: 'Run' }).click()
      const dialog = page.getByRole('dialog', { name: 'New run' })
      const field = dialog.getByRole('textbox', { name: 'Input' })
      await field.waitFor()

      const problem = { title: 'Too large', status: 413, code: 'TOO_LARGE', detail: 'the body is larger than 16 MiB' }
      const runs = /\/api\/v1\/runs$/
      await page.route(runs, (route) =>
        route.fulfill({ status: 413, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
      )
      await field.fill('{"text":"as if it were long"}')
      await dialog.getByRole('button', { name: 'Start' }).click()

      await dialog.getByRole('alert').getByText('larger than 16 MiB').waitFor()
      expect(await field.inputValue()).toContain('as if it were long')
      await page.unroute(runs)
      await field.fill('{"text":"short"}')
      await dialog.getByRole('button', { name: 'Start' }).click()
      await page.getByRole('button', { name: 'score, failed' }).waitFor()
    })

    test('whose token is revoked while somebody edits keeps what is typed, and saves it after another sign-in', async () => {
      const { folder } = folderWith(FLOWS)
      const [mine, other] = [newToken(folder, 'admin', 'mine'), newToken(folder, 'admin', 'other')]
      const { url } = await served({ folder, words: ['--flows', 'flows', '--allow-host', 'flows.example'] })
      const as = { authorization: `Bearer ${other}` }
      const page = await openPage(`${url}/flows/orders/edit`, { expected: ['401'] })
      await page.getByLabel('Token').fill(mine)
      await page.getByRole('button', { name: 'Sign in' }).click()
      const text = page.getByRole('textbox', { name: 'Flow text' })
      await text.getByText('name: orders').click()
      await page.keyboard.press('End')
      await page.keyboard.type(' # checked twice')

      const { tokens } = (await (await fetch(`${url}/api/v1/tokens`, { headers: as })).json()) as Tokens
      const id = tokens.find(({ name }) => name === 'mine')?.id
      expect((await fetch(`${url}/api/v1/tokens/${id}`, { method: 'DELETE', headers: as })).status).toBe(204)
      await page.keyboard.press('Control+s')
      const dialog = page.getByRole('dialog', { name: 'Sign in' })
      await dialog.getByLabel('Token').fill(other)
      await dialog.getByRole('button', { name: 'Sign in' }).click()
      await dialog.waitFor({ state: 'detached' })

      await text.getByText('# checked twice').waitFor()
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      await page.getByText('Saved and published').waitFor()
    })

    test('is where it was before, after each step back', async () => {
      const { url, start } = await served({ files: FLOWS })
      const id = await start('prices', { lines: [{ good: true }, { good: false }] })
      const page = await openPage(`${url}/flows`)
      const steps: readonly (readonly [does: () => Promise<unknown>, shows: () => Promise<unknown>])[] = [
        [async () => {}, () => page.getByRole('table', { name: 'Flows' }).waitFor()],
        [
          () => page.getByRole('link', { name: 'Runs' }).click(),
          () => page.getByRole('link', { name: id, exact: true }).waitFor(),
        ],
        [
          () => page.getByRole('button', { name: '24 h', exact: true }).click(),
          () => page.getByRole('button', { name: '24 h', exact: true, pressed: true }).waitFor(),
        ],
        [
          () => page.getByRole('link', { name: id, exact: true }).click(),
          () => page.getByRole('button', { name: 'Open each' }).waitFor(),
        ],
        [
          () => page.getByRole('tab', { name: 'Timeline' }).click(),
          () => page.getByRole('tab', { name: 'Timeline', selected: true }).waitFor(),
        ],
        [
          () => page.getByRole('tab', { name: 'Graph' }).click(),
          () => page.getByRole('button', { name: 'Open each' }).waitFor(),
        ],
        [
          () => page.getByRole('button', { name: 'Open each' }).click(),
          () => page.getByRole('button', { name: 'fetch, failed' }).waitFor(),
        ],
        [
          () => page.getByRole('button', { name: 'fetch, failed' }).click(),
          () => page.getByRole('complementary', { name: 'Step fetch' }).waitFor(),
        ],
      ]
      for (const [does, shows] of steps) {
        await does()
        await shows()
      }

      for (const [, shows] of steps.slice(0, -1).reverse()) {
        await page.goBack()
        await shows()
      }
    })
  })

  test('a page of another origin starts nothing here, and reads nothing', async () => {
    const { url, call } = await served({ files: FLOWS })
    const foreign = createServer((_, response) =>
      response.setHeader('content-type', 'text/html').end('<title>x</title>'),
    )
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void foreign.close())
    const ours = await openPage(`${url}/runs`)
    const page = await ours.context().newPage()
    await page.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`)

    const answers = await page.evaluate(`(async () => {
      const run = { method: 'POST', body: JSON.stringify({ flowName: 'orders', input: {} }) }
      const ask = (init) => fetch('${url}/api/v1/runs', init).then(({ type, status }) => type + ' ' + status, () => 'refused')
      return [
        await ask({}),
        await ask({ ...run, headers: { 'content-type': 'application/json' } }),
        await ask({ ...run, mode: 'no-cors', headers: { 'content-type': 'text/plain' } }),
      ]
    })()`)

    expect(answers).toEqual(['refused', 'refused', 'refused'])
    expect(((await call('/runs')) as unknown as { total: number }).total).toBe(0)
  })
}

// ---

interface Tokens {
  readonly tokens: readonly { readonly id: string; readonly name: string }[]
}

function newToken(folder: string, role: string, name = role): string {
  const words = ['tokens', 'create', '--role', role, '--name', name]
  return spawnSync(process.execPath, [program, ...words], { cwd: folder, encoding: 'utf8' }).stdout.trim()
}
