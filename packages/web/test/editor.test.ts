// The editor, in a real browser over a real server: text and graph together, saving, running, and two who save at once.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { browserPath, expectAccessible, openPage } from './browser.ts'
import { type Served, served } from './served.ts'

const SAMPLE = readFileSync(new URL('../src/model/hello-stepflow.yaml', import.meta.url), 'utf8')

const found = browserPath()

if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  test('from an empty server to a run that is approved: the sample', async () => {
    // Without a folder of flows they are kept in the store.
    const { url } = await served({ files: {} })
    const page = await openPage(`${url}/`)

    const picture = page.getByRole('img', { name: 'The steps of the sample' })
    await picture.waitFor()
    const steps = [...SAMPLE.matchAll(/^ {2}- id: (\w+)/gm)].map(([, id]) => id)
    expect((await picture.locator('text').allTextContents()).sort()).toEqual(steps.sort())
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Try the sample' }).click()
    await page.getByRole('heading', { name: 'Edit hello-stepflow' }).waitFor()
    await page.getByRole('button', { name: 'look_up' }).waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Whole flow' }).click()
    await page.getByRole('region', { name: 'Dock' }).getByText('waiting').waitFor()
    await page.getByRole('region', { name: 'Dock' }).getByRole('link').click()
    await page.getByRole('button', { name: 'console_them, skipped' }).waitFor()
    await page.getByRole('link', { name: 'Decide approve' }).click()
    await page.getByLabel('Say it').check()
    await page.getByRole('button', { name: 'Send decision' }).click()
    await page.getByText('Decided by').waitFor()
    await page.getByRole('link', { name: 'approve', exact: true }).click()

    await page.getByRole('button', { name: 'say, success' }).waitFor()
  })

  test('typing changes the graph, and a mistake is shown with its line', async () => {
    const { url } = await served()
    const page = await openPage(`${url}/flows/orders/edit`)
    await page.getByRole('button', { name: 'score', exact: true }).waitFor()

    await typeOver(page, (text) => text.replace('id: score', 'id: weigh').replaceAll('$step: score', '$step: weigh'))
    await page.getByRole('button', { name: 'weigh', exact: true }).waitFor()
    await typeOver(page, (text) => text.replace('$step: fetch', '$step: fatch'))

    await page.getByRole('list', { name: 'Problems' }).getByText('fatch').first().waitFor()
    await page.getByRole('list', { name: 'Problems' }).getByText(/^4:/).waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Save' }).waitFor()
  })

  test('saving writes the file of the served folder, and publishes it', async () => {
    const { url, folder } = await served()
    const page = await openPage(`${url}/flows/orders/edit`)
    await page.getByRole('button', { name: 'score', exact: true }).waitFor()

    await typeOver(page, (text) => `# ours\n${text}`)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved and published').waitFor()

    expect(readFileSync(join(folder, 'flows/orders.yaml'), 'utf8')).toMatch(/^# ours\nname: orders/)
  })

  test('who saves over a newer version is told, sees both, and chooses', async () => {
    const { url, call } = await served()
    const page = await openPage(`${url}/flows/orders/edit`, { expected: ['409'] })
    await page.getByRole('button', { name: 'score', exact: true }).waitFor()

    await typeOver(page, (own) => `# mine\n${own}`)
    await saveElsewhere(call, '# theirs')
    await page.getByText('was saved elsewhere').waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('# theirs').waitFor()
    await expectAccessible(page)
    await dialog.getByRole('button', { name: 'Take theirs' }).click()

    await page.getByRole('textbox', { name: 'Flow text' }).getByText('# theirs').waitFor()
    expect(await page.getByText('was saved elsewhere').count()).toBe(0)
  })

  test('a text that nobody touched follows its file; what was typed into a flow that is deleted can be saved anew', async () => {
    const { url, call, folder } = await served()
    const file = join(folder, 'flows/orders.yaml')
    const page = await openPage(`${url}/flows/orders/edit`, { expected: ['409', '404'] })
    await page.getByRole('button', { name: 'score', exact: true }).waitFor()

    writeFileSync(file, `# from outside\n${readFileSync(file, 'utf8')}`)
    await page.getByRole('textbox', { name: 'Flow text' }).getByText('# from outside').waitFor()
    await typeOver(page, (text) => text.replace('# from outside', '# mine'))
    await fetch(`${url}/api/v1/flows/orders`, { method: 'DELETE' })
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Save it anew' }).click()
    await page.getByText('Saved and published as v1').waitFor()

    expect(((await call('/flows/orders')) as unknown as { text: string }).text).toMatch(/^# mine\n/)
  })

  test('versions are compared as text and as a graph, an old one is restored, and the newest published', async () => {
    const { url, call, post } = await served()
    const text = (body: string) =>
      `name: shop\nsteps:\n  - { id: a, component: /builtin/noop }\n${body}output: { $step: a }\n`
    const added = '  - { id: extra, component: /builtin/noop }\n'
    await post('/flows', { flow: text('') })
    await put(call, 'shop', { text: text(added), base: 1 })
    const page = await openPage(`${url}/flows/shop`)

    await page.getByRole('button', { name: 'Compare v2' }).click()
    const dialog = page.getByRole('dialog', { name: 'Compare versions' })
    await dialog.getByText('id: extra').waitFor()
    await dialog.getByText('Graph', { exact: true }).click()
    await dialog.getByRole('button', { name: 'extra, added' }).waitFor()
    await expectAccessible(page)
    await dialog.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('link', { name: 'Edit' }).click()
    await page.getByRole('tab', { name: 'Versions' }).click()
    await page.getByRole('button', { name: 'Restore v1' }).click()
    await page.getByRole('button', { name: 'extra', exact: true }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Saved as v3').waitFor()
    await page.getByRole('button', { name: 'Publish v3' }).click()
    await page.getByText('Version 3 is published').waitFor()

    expect(((await call('/flows/shop')) as unknown as { text: string }).text).toBe(text(''))
  })

  test('a draft survives a reload', async () => {
    const { url } = await served()
    const page = await openPage(`${url}/flows/orders/edit`)
    await page.getByRole('button', { name: 'score', exact: true }).waitFor()

    await typeOver(page, (text) => `# not saved yet\n${text}`)
    await expect.poll(() => page.evaluate(`localStorage.getItem('stepflow.draft.orders')`)).not.toBe(null)
    await page.reload()

    await page.getByRole('textbox', { name: 'Flow text' }).getByText('# not saved yet').waitFor()
  })
}

// ---

async function saveElsewhere(call: Served['call'], line: string): Promise<void> {
  const { text, version } = (await call('/flows/orders')) as unknown as { text: string; version: number }
  await put(call, 'orders', { text: `${line}\n${text}`, base: version })
}

async function put(call: Served['call'], name: string, version: { text: string; base: number }): Promise<void> {
  await call(`/flows/${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(version),
  })
}

/** Puts in another text, as somebody who pastes it. */
async function typeOver(page: Page, change: (text: string) => string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Flow text' })
  const lines = (await field.locator('.cm-line').allTextContents()).join('\n')
  await field.click()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.insertText(change(lines))
}
