// Pictures of every page with real data, in three sizes and both themes, for whoever changes how it looks: `npm run web:shots`.
// They go to tmp/web-shots; names of pages, widths and themes (`-- runs 390 dark`) take only these, `--docs` puts those of the documentation beside its page.

import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { chromiumPath } from '../../../scripts/chromium.mjs'

const path = (name) => fileURLToPath(new URL(`../../../${name}`, import.meta.url))
const THEMES = ['light', 'dark']
const SIZES = [
  [1440, 900],
  [1024, 768],
  [390, 844],
]
const PAYMENTS = 'payments-settlement-and-reconciliation-of-the-previous-day'
const executablePath = chromiumPath()
if (!executablePath) {
  console.error('there is no Chromium here: apt-get install chromium, or name one in CHROMIUM_PATH')
  process.exit(3)
}

const folder = mkdtempSync(join(tmpdir(), 'stepflow-shots-'))
const flows = join(folder, 'flows')
cpSync(fileURLToPath(new URL('flows', import.meta.url)), flows, { recursive: true })
cpSync(path('packages/web/src/model/hello-stepflow.yaml'), join(flows, 'hello-stepflow.yaml'))
writeFileSync(join(flows, 'warehouse-sync.yaml'), wide(300))
const server = await serve()
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
try {
  const pages = await fill(server.url)
  if (process.argv.includes('--docs')) await forDocs(pages)
  else await all(pages, process.argv.slice(2))
} finally {
  await browser.close()
  await server.end()
  rmSync(folder, { recursive: true, force: true })
}

// ---

/** `named`: only these pages, widths and themes, where some are named. */
async function all(pages, named) {
  const out = path('tmp/web-shots')
  mkdirSync(out, { recursive: true })
  const wants = (one, all) => !all.some((word) => named.includes(word)) || named.includes(one)
  for (const [width, height] of SIZES) {
    for (const theme of THEMES) {
      if (
        !wants(
          String(width),
          SIZES.map(([one]) => String(one)),
        ) ||
        !wants(theme, THEMES)
      )
        continue
      const context = await contextOf({ width, height, theme })
      for (const [name, address] of Object.entries(pages)) {
        if (!wants(name, Object.keys(pages)) || (address.isWide && width < 600)) continue
        await shoot(context, address, join(out, `${name}-${width}-${theme}.png`))
      }
      await context.close()
    }
  }
  console.log(out)
}

async function forDocs(pages) {
  const size = { width: 1280, height: 720, theme: 'light' }
  await shoot(await contextOf(size), pages['run-failed'], path('docs/web-run.png'))
  await shoot(
    await contextOf({ ...size, theme: 'dark' }),
    { address: pages.editor, until: '.node' },
    path('docs/web-editor.png'),
  )
}

function contextOf({ width, height, theme }) {
  return browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce' })
}

/** `until`: what takes longest to be there; `press`: a button, `tab`: one of those, `isWide`: there is no such thing on a telephone, `keys`: of the keyboard, or texts, once it is there. */
async function shoot(context, what, file) {
  const { address, press, tab, until = 'h1', keys = [] } = typeof what === 'string' ? { address: what } : what
  const page = await context.newPage()
  await page.goto(`${server.url}${address}`)
  await page.waitForLoadState('load')
  await page.locator(until).first().waitFor()
  if (press !== undefined) await page.getByRole('button', { name: press }).click()
  if (/^(Compare|Run$)/.test(String(press)) && !address.endsWith('/edit')) await page.getByRole('dialog').waitFor()
  if (tab !== undefined) await page.getByRole('tab', { name: tab }).click()
  for (const key of keys) {
    await page.waitForTimeout(300)
    if (/^(\W|Enter|Control\+.)$/.test(key)) await page.keyboard.press(key)
    else await page.keyboard.type(key)
  }
  // What is asked for is there, and drawn: outlines come a moment after it was asked for.
  await page.waitForTimeout(700)
  await page.waitForFunction(() => document.querySelector('.outline-bars') === null)
  await page.waitForTimeout(300)
  await page.screenshot({ path: file })
  await page.close()
}

/** A flow of so many steps: each reads one or two of those some places before it. */
function wide(count) {
  const names = ['read', 'match', 'price', 'count', 'pack', 'ship']
  const idOf = (i) => `${names[i % names.length]}_${Math.floor(i / names.length) + 1}`
  const steps = Array.from({ length: count }, (_, i) => {
    const needs = i < 6 ? [] : [idOf(i - 6), ...(i % 5 === 0 ? [idOf(i - 4)] : [])]
    return `  - { id: ${idOf(i)}, component: /builtin/noop, needs: [${needs.join(', ')}] }`
  })
  return `name: warehouse-sync\nsteps:\n${steps.join('\n')}\noutput: { $step: ${idOf(count - 1)} }\n`
}

/** Runs of all flows, some in every state; answers the pages that show them, by name. */
async function fill(url) {
  const post = async (address, body) => {
    const answer = await fetch(`${url}/api/v1${address}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(await answer.text())
    return answer.json()
  }
  const lines = (n) => Array.from({ length: n }, (_, i) => ({ sku: `A-${1000 + i}`, n: i + 1 }))
  const day = '2026-11-29'
  const many = (i) => {
    const n = 10_480 + i
    if (i % 8 === 1) return { flowName: 'student-enrolment', input: { name: `Student ${i}`, missing: i % 3 === 0 } }
    if (i % 8 === 2) return { flowName: 'ticket-triage', input: {}, labels: { ticket: String(5_000 + i) } }
    if (i % 8 === 3) return { flowName: PAYMENTS, input: { day, banks: ['first', 'second'] }, labels: { day } }
    if (i % 8 === 5) return { flowName: 'hello-stepflow', input: { name: 'Grace', words: ['steps'] } }
    if (i % 8 === 6) return { flowName: 'documents-embed', inputs: Array.from({ length: 20 }, () => ({ good: true })) }
    if (i % 40 === 7) return { flowName: 'release-notes', input: {} }
    const input = { order: n, total: 40 + i, lines: lines((i % 4) + 1) }
    return { flowName: 'orders', labels: { order: String(n), customer: i % 3 ? 'acme' : 'initech' }, input }
  }
  for (let from = 0; from < 200; from += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, i) => post('/runs', many(from + i))))
  }
  const wideRun = await post('/runs', { flowName: 'warehouse-sync', input: {}, wait: true })
  const inside = await post('/runs', { flowName: PAYMENTS, input: { day, banks: ['first', 'second'] }, wait: true })
  const failed = await post('/runs', { flowName: 'ticket-triage', input: {}, labels: { ticket: '5519' }, wait: true })
  const waiting = await post('/runs', { flowName: 'release-notes', input: {} })
  const nightly = await post('/runs', { flowName: 'nightly-export', input: {}, wait: true })
  const batch = await post('/runs', {
    flowName: 'documents-embed',
    wait: true,
    inputs: Array.from({ length: 2_000 }, (_, i) => ({ good: i % 97 !== 7, document: `report-${i}.pdf` })),
  })
  await post('/runs', { flowName: 'hello-stepflow', input: { name: 'Ada', words: ['steps', 'that', 'flow'] } })
  const shipping = (more) =>
    `name: shipping\nsteps:\n  - { id: weigh, component: /builtin/noop }\n${more}output: { $step: weigh }\n`
  await post('/flows', { flow: shipping('') })
  await post('/flows', { flow: shipping('  - { id: label, component: /builtin/noop, needs: [weigh] }\n') })
  const waits = await (await fetch(`${url}/api/v1/waits`)).json()
  const steps = await (await fetch(`${url}/api/v1/runs/${inside.runId}/steps`)).json()
  const settle = steps.steps.find(({ stepId }) => stepId === 'settle')
  const run = `/runs/${nightly.runId}`
  return {
    runs: '/runs',
    'runs-filtered': '/runs?q=status%3Afailed',
    'runs-none': '/runs?q=status%3Apaused',
    'run-failed': `/runs/${failed.runId}`,
    'run-waiting': `/runs/${waiting.runId}`,
    'run-graph': run,
    'run-timeline': `${run}?view=timeline`,
    'run-steps': `${run}?view=steps`,
    'run-logs': `${run}?view=logs`,
    'run-source': `${run}?view=source`,
    'run-then': `${run}?at=${encodeURIComponent(new Date(Date.parse(nightly.startedAt) + 110).toISOString())}`,
    'run-inside': `/runs/${inside.runId}?inside=${encodeURIComponent(settle.inside)}`,
    'run-wide': `/runs/${wideRun.runId}`,
    'run-wide-timeline': `/runs/${wideRun.runId}?view=timeline`,
    'run-commands': { address: run, keys: ['.', 'As command', 'Enter'] },
    'run-rerun': { address: `/runs/${failed.runId}`, press: 'Rerun from classify' },
    palette: { address: `/runs/${failed.runId}`, keys: ['Control+k', 'cl'] },
    keys: { address: '/runs', keys: ['?'] },
    compare: `/compare/${nightly.runId}/${(await post('/runs', { flowName: 'nightly-export', input: {}, wait: true })).runId}`,
    'batch-failed-item': `/runs/${batch.runId}?item=7`,
    batch: `/runs/${batch.runId}`,
    flows: '/flows',
    flow: '/flows/orders',
    editor: '/flows/hello-stepflow/edit',
    'editor-step': { address: '/flows/orders/edit', press: /^price/, isWide: true },
    'editor-values': { address: '/flows/orders/edit', press: /^price/, tab: 'Values', isWide: true },
    'editor-run': { address: '/flows/hello-stepflow/edit', press: 'Run', tab: 'Run' },
    'flow-versions': { address: '/flows/shipping', press: 'Compare v2' },
    'new-run': { address: '/flows/hello-stepflow', press: 'Run' },
    'new-flow': '/flows/new',
    approvals: '/approvals',
    approval: `/approvals/${waits.waits[0].id}`,
    schedules: '/schedules',
    components: '/components',
    secrets: '/secrets',
    tokens: '/tokens',
    nodes: '/nodes',
    'not-found': '/nowhere',
  }
}

async function serve() {
  const words = ['serve', '--port', '0', '--json', '--quiet', '--flows', flows]
  const child = spawn(process.execPath, [path('packages/stepflow/bin/stepflow.cjs'), ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (part) => {
      text += part
      if (text.includes('\n')) resolve(JSON.parse(text).url)
    })
    child.once('exit', () => reject(new Error('the server ended before it was ready')))
  })
  return {
    url,
    async end() {
      const closed = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      await closed
    },
  }
}
