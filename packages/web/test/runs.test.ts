// The list of runs and the page of one, in a real browser, over a real server.

import { describe, expect, test } from 'vitest'
import { browserPath, expectAccessible, openPage } from './browser.ts'
import { served } from './served.ts'

const found = browserPath()
if ('why' in found) test.skip(`skipped: ${found.why}`, () => {})
else {
  describe('the list of runs', () => {
    test('shows, at a server without runs, what could run', async () => {
      const { url } = await served()

      const page = await openPage(`${url}/`)

      await page.getByRole('heading', { name: 'Nothing has run here yet' }).waitFor()
      await page.getByRole('link', { name: 'orders' }).waitFor()
      expect(page.url()).toBe(`${url}/runs`)
      await expectAccessible(page)
    })

    test.each(['light', 'dark'] as const)('names each run, how it stands and where it failed (%s)', async (theme) => {
      const { url, start } = await served()
      const [good, bad, waits] = [await start('orders'), await start('ticket-triage'), await start('release-notes')]

      const page = await openPage(`${url}/runs`, { theme })

      const table = page.getByRole('table', { name: 'Runs' })
      await table.getByRole('row').filter({ hasText: 'failed' }).getByText('classify').waitFor()
      for (const id of [good, bad, waits]) await table.getByRole('link', { name: id }).waitFor()
      expect(await page.title()).toBe('Runs · Stepflow')
      await expectAccessible(page)
    })

    test('is filtered by words that stay in the address, and Back keeps them', async () => {
      const { url, start } = await served()
      const [good, bad] = [await start('orders'), await start('ticket-triage')]
      const page = await openPage(`${url}/runs`)

      await page.getByRole('button', { name: 'Failed' }).click()
      await page.getByRole('link', { name: bad }).waitFor()
      await page.getByRole('link', { name: good }).waitFor({ state: 'detached' })
      await page.getByRole('link', { name: bad }).click()
      await page.getByRole('heading', { level: 1 }).filter({ hasText: 'ticket-triage' }).waitFor()
      await page.goBack()

      await page.getByRole('link', { name: bad }).waitFor()
      expect(new URL(page.url()).searchParams.get('q')).toBe('status:failed')
      await expect.poll(() => page.getByRole('link', { name: good }).count()).toBe(0)
    })

    test('reports new runs without moving what somebody reads', async () => {
      const { url, start } = await served()
      await start('orders')
      const page = await openPage(`${url}/runs`)
      await page.getByText('Live').waitFor()

      const next = await start('orders')

      await page.getByRole('button', { name: '1 new' }).click()
      await page.getByRole('link', { name: next }).waitFor()
    })
  })

  describe('the page of a run', () => {
    test.each(['light', 'dark'] as const)(
      'of a failed one opens on the step that failed, with its line (%s)',
      async (theme) => {
        const { url, start } = await served()
        const id = await start('ticket-triage')

        const page = await openPage(`${url}/runs/${id}`, { theme })

        const panel = page.getByRole('complementary', { name: 'Step classify' })
        await panel.getByText('INVALID_INPUT').waitFor()
        await panel.getByText('triage.yaml:4').waitFor()
        await page.getByRole('button', { name: 'classify, failed' }).waitFor()
        await page.getByRole('button', { name: 'route, skipped' }).waitFor()
        await expect.poll(() => page.title()).toBe(`failed · ticket-triage ${id.slice(-8)} · Stepflow`)
        // Red, on the tab too.
        expect(await page.locator('link[rel=icon]').getAttribute('href')).toContain('d0324b')
        await expectAccessible(page)
      },
    )

    test('tells why a step was skipped, and shows what went into others', async () => {
      const { url, start } = await served()
      const id = await start('orders', { small: true, order: 17 })
      const page = await openPage(`${url}/runs/${id}`)

      await page.getByRole('button', { name: 'audit, skipped' }).click()
      await page.getByRole('complementary', { name: 'Step audit' }).getByText('input.small').waitFor()
      await page.getByRole('button', { name: 'score, success' }).click()
      await page.getByRole('complementary', { name: 'Step score' }).getByRole('tab', { name: 'Input' }).click()

      await page.getByRole('tree', { name: 'Value' }).getByText('17').waitFor()
    })

    test('shows the same in the outline, the timeline, the steps and the source', async () => {
      const { url, start } = await served()
      const id = await start('orders')
      const page = await openPage(`${url}/runs/${id}`)

      await page
        .getByRole('tree', { name: 'Outline' })
        .getByRole('treeitem', { name: 'audit, success' })
        .waitFor({ state: 'attached' })
      await page.getByRole('tab', { name: 'Timeline' }).click()
      await page.getByRole('button', { name: 'score, success' }).waitFor()
      await expectAccessible(page)
      await page.getByRole('tab', { name: 'Steps' }).click()
      await page.getByRole('table', { name: 'Steps' }).getByRole('button', { name: 'audit' }).waitFor()
      await expectAccessible(page)
      await page.getByRole('tab', { name: 'Source' }).click()
      await page.getByText('id: audit').waitFor()
      await expectAccessible(page)
    })

    test('reruns a failed run from the step that failed, and goes to the new one', async () => {
      const { url, start } = await served()
      const id = await start('ticket-triage')
      const page = await openPage(`${url}/runs/${id}`)

      await page.getByRole('button', { name: 'Rerun from classify' }).click()
      const dialog = page.getByRole('dialog', { name: 'Rerun' })
      await dialog.getByText('Reuses fetch; runs classify').waitFor()
      await expectAccessible(page)
      await dialog.getByRole('button', { name: 'Start' }).click()

      await page.getByText('rerun of').waitFor()
      expect(page.url()).not.toContain(id)
    })

    test('follows a run that waits until somebody cancels it', async () => {
      const { url, start } = await served()
      const id = await start('release-notes')
      const page = await openPage(`${url}/runs/${id}`)
      await page.getByRole('button', { name: 'approve, waiting' }).waitFor()

      await page.getByRole('button', { name: 'Cancel' }).click()

      await page.getByRole('button', { name: 'approve, cancelled' }).waitFor()
      await expect.poll(() => page.title()).toContain('cancelled')
    })

    test('of a batch groups what failed by its cause', async () => {
      const { url, post } = await served()
      const { runId } = await post('/runs', { flowName: 'ticket-triage', inputs: [1, 2, 3] })
      const page = await openPage(`${url}/runs/${runId}`)

      await page.getByRole('list', { name: 'Failures' }).getByText('INVALID_INPUT').waitFor()
      await page
        .getByRole('grid', { name: 'Items' })
        .getByRole('row', { name: 'Item 1, failed' })
        .getByRole('link')
        .click()

      await page.getByRole('button', { name: 'classify, failed' }).waitFor()
    })

    test('that is not there says so', async () => {
      const { url } = await served()

      const page = await openPage(`${url}/runs/nobody`, { expected: ['404'] })

      await page.getByRole('heading', { name: 'Not found' }).waitFor()
      await page.getByRole('main').getByRole('link', { name: 'Runs' }).waitFor()
    })
  })

  test('the page and its assets come with their policies', async () => {
    const { url } = await served()

    const answer = await fetch(`${url}/runs/some?view=graph`, { headers: { accept: 'text/html' } })
    const again = await fetch(`${url}/runs`)
    const html = await answer.text()
    const asset = await fetch(`${url}/${/\/(assets\/[^"]+\.js)"/.exec(html)?.[1]}`)

    expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(nonceIn(answer)).not.toBe(nonceIn(again))
    expect(html).toContain(`nonce="${nonceIn(answer)}"`)
    expect(asset.headers.get('cache-control')).toContain('immutable')
    expect(asset.headers.get('content-encoding')).toBe('gzip')
    expect((await fetch(`${url}/assets/gone.js`)).status).toBe(404)
    expect((await fetch(`${url}/api/v1/nowhere`, { headers: { accept: 'text/html' } })).status).toBe(404)
    const lost = await fetch(`${url}/nowhere`, { headers: { accept: 'text/html' } })
    expect([lost.status, (await lost.text()).includes('<div id="root">')]).toEqual([404, true])
  })
}

// ---

function nonceIn(answer: Response): string | undefined {
  return /'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '')?.[1]
}
