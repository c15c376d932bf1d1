// Schedules, components, secrets, tokens and signing in, in a real browser over a real server.

import { expect, test } from 'vitest'
import { browserPath, expectAccessible, openPage } from './browser.ts'
import { served } from './served.ts'

const found = browserPath()

if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  test('a schedule is turned off, and back on by Undo', async () => {
    const { url } = await served()
    const page = await openPage(`${url}/schedules`)
    const toggle = page.getByRole('switch', { name: 'Enabled: nightly' })

    await page.getByText('07:00').first().waitFor()
    await toggle.press('Space')
    await page.getByRole('button', { name: 'Undo' }).waitFor()
    await expect.poll(() => toggle.isChecked()).toBe(false)
    await page.getByRole('button', { name: 'Undo' }).click()

    await expect.poll(() => toggle.isChecked()).toBe(true)
    await expectAccessible(page)
  })

  test('a new run asks for its flow, takes an earlier input, and wants what was secret there typed anew', async () => {
    const { url, post } = await served({ files: { 'flows/pays.yaml': PAYS } })
    const { runId } = await post('/runs', {
      flowName: 'pays',
      input: { who: 'Ada', key: 'hunter2-hunter2' },
      wait: true,
    })
    const page = await openPage(`${url}/runs`)

    await page.getByRole('button', { name: 'New run' }).click()
    const dialog = page.getByRole('dialog', { name: 'New run' })
    await dialog.getByLabel('Flow').selectOption('pays')
    await dialog.getByRole('textbox', { name: 'who' }).waitFor()
    await dialog.getByLabel('Filled from').selectOption({ label: `As in ${runId.slice(-8)}` })
    expect(await dialog.getByRole('textbox', { name: 'who' }).inputValue()).toBe('Ada')
    expect(await dialog.getByLabel('key').inputValue()).toBe('')
    await dialog.getByRole('button', { name: 'Start' }).click()
    await dialog.getByText('This was redacted. Type it anew.').waitFor()
    expect(await dialog.getByText('This was redacted. Type it anew.').count()).toBe(1)
    await expect.poll(() => page.evaluate('document.activeElement?.labels?.[0]?.textContent')).toMatch(/^key/)
    await expectAccessible(page)
    await dialog.getByLabel('key').fill('another-hunter2')
    await dialog.getByRole('button', { name: 'Start' }).click()
    await page.getByRole('button', { name: 'pay, success' }).waitFor()

    expect(await page.content()).not.toContain('hunter2')
  })

  test('a form has a field for each type of a schema, and what it gives is what the run is started with', async () => {
    const { url, call } = await served({ files: { 'flows/every.yaml': EVERY } })
    const page = await openPage(`${url}/flows/every`)
    await page.getByRole('button', { name: 'Run' }).click()
    const dialog = page.getByRole('dialog', { name: 'New run' })

    await dialog.getByRole('textbox', { name: 'text' }).fill('a')
    await dialog.getByRole('spinbutton', { name: 'whole' }).fill('3')
    await dialog.getByRole('spinbutton', { name: 'number' }).fill('0.5')
    await dialog.getByLabel('yes', { exact: true }).check()
    await dialog.getByLabel('choice').selectOption('b')
    await dialog.getByRole('group', { name: 'list' }).getByRole('button', { name: 'Add' }).click()
    await dialog.getByRole('spinbutton', { name: 'list 1' }).fill('7')
    await dialog.getByRole('group', { name: 'either' }).getByLabel('Kind').selectOption({ label: 'By number' })
    await dialog.getByRole('group', { name: 'either' }).getByRole('spinbutton').fill('9')
    await dialog.getByRole('group', { name: 'tree' }).getByRole('textbox', { name: 'name' }).first().fill('root')
    await dialog.getByRole('textbox', { name: 'any' }).fill('{"k":[null]}')
    await expectAccessible(page)
    await dialog.getByRole('button', { name: 'Start' }).click()
    await page.getByRole('button', { name: 'a, success' }).waitFor()

    const { input } = (await call(`/runs/${page.url().split('/').at(-1)}/items/0`)) as unknown as { input: unknown }
    expect(input).toMatchObject({
      text: 'a',
      whole: 3,
      number: 0.5,
      yes: true,
      choice: 'b',
      list: [7],
      either: 9,
      tree: { name: 'root' },
      any: { k: [null] },
    })
  })

  test('where clocks change between two times of a schedule, it says so, and the hour stays', async () => {
    const { url } = await served({ files: { 'flows/halves.yaml': HALVES } })
    const page = await openPage(`${url}/schedules`)

    await page
      .getByRole('row', { name: /halves/ })
      .getByRole('button')
      .press('Enter')
    const next = page.getByRole('complementary')
    await next.getByText('The clocks change').first().waitFor()

    expect(await next.getByText('The clocks change').count()).toBe(4)
    expect(await next.getByText(/07:00/).count()).toBe(5)
  })

  test('components are found by their path, with their schemas', async () => {
    const { url } = await served()
    const page = await openPage(`${url}/components`)

    await page.getByRole('searchbox', { name: 'Find components' }).fill('wait_for')
    await page
      .getByRole('table', { name: 'Components' })
      .getByRole('button', { name: '/builtin/wait_for_signal' })
      .click()

    await page.getByRole('complementary', { name: 'Component /builtin/wait_for_signal' }).waitFor()
    await expectAccessible(page)
  })

  test('a secret is set and never shown', async () => {
    const { url } = await served()
    const page = await openPage(`${url}/secrets`)

    await page.getByRole('button', { name: 'New secret' }).click()
    await page.getByLabel('Name').fill('API_KEY')
    await page.getByLabel('Value').fill('hunter2-hunter2')
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('table', { name: 'Secrets' }).getByText('API_KEY').waitFor()

    expect(await page.content()).not.toContain('hunter2')
  })

  test('a token is made, shown once, and revoked', async () => {
    const { url } = await served()
    const page = await openPage(`${url}/tokens`)

    await page.getByRole('button', { name: 'New token' }).click()
    await page.getByLabel('Name').fill('ci')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByText('This is shown once').waitFor()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('table', { name: 'Tokens' }).getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click()

    await page.getByText('There is no token').waitFor()
  })

  test('a server with a store of its own says that it works alone', async () => {
    const { url } = await served()
    const page = await openPage(`${url}/runs`)

    await page.getByRole('link', { name: 'Nodes' }).click()

    await page.getByText('This server alone works on its store.').waitFor()
    await expectAccessible(page)
  })
}

// ---

const PAYS = `name: pays
input_schema:
  type: object
  properties: { who: { type: string }, key: { type: string, is_secret: true } }
steps: [{ id: pay, component: /builtin/noop, input: { $input: who } }]
output: { $step: pay }
`

const HALVES = `name: halves
triggers: [{ schedule: '0 7 1 1,7 *', timezone: Europe/Berlin }]
steps: [{ id: a, component: /builtin/noop, input: 1 }]
output: { $step: a }
`

const EVERY = `name: every
input_schema:
  type: object
  $defs: { tree: { type: object, properties: { name: { type: string }, below: { $ref: '#/$defs/tree' } } } }
  properties:
    text: { type: string }
    whole: { type: integer }
    number: { type: number }
    yes: { type: boolean }
    choice: { enum: [a, b] }
    list: { type: array, items: { type: integer } }
    either: { oneOf: [{ type: string, title: By name }, { type: integer, title: By number }] }
    tree: { $ref: '#/$defs/tree' }
    any: {}
steps: [{ id: a, component: /builtin/noop, input: { $input: $ } }]
output: { $step: a }
`
