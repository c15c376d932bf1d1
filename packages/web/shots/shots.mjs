// Pictures of every page with real data, in three sizes and both themes, for whoever changes how it looks: `npm run web:shots`.
// They go to tmp/web-shots; `--docs` puts those of the documentation beside its page.

import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const path = (name) => fileURLToPath(new URL(`../../../${name}`, import.meta.url))
const SIZES = [
  [1440, 900],
  [1024, 768],
  [390, 844],
]
const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (file) => file && existsSync(file),
)
if (!executablePath) {
  console.error('there is no Chromium here: apt-get install chromium, or name one in CHROMIUM_PATH')
  process.exit(3)
}

const folder = mkdtempSync(join(tmpdir(), 'stepflow-shots-'))
const flows = join(folder, 'flows')
cpSync(fileURLToPath(new URL('flows', import.meta.url)), flows, { recursive: true })
cpSync(path('packages/web/src/model/hello-stepflow.yaml'), join(flows, 'hello-stepflow.yaml'))
const server = await serve()
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
try {
  const pages = await fill(server.url)
  if (process.argv.includes('--docs')) await forDocs(pages)
  else await all(pages)
} finally {
  await browser.close()
  await server.end()
  rmSync(folder, { recursive: true, force: true })
}

// ---

async function all(pages) {
  const out = path('tmp/web-shots')
  mkdirSync(out, { recursive: true })
  for (const [width, height] of SIZES) {
    for (const theme of ['light', 'dark']) {
      for (const [name, address] of Object.entries(pages)) {
        await shoot(address, { width, height, theme }, join(out, `${name}-${width}-${theme}.png`))
      }
    }
  }
  console.log(out)
}

async function forDocs(pages) {
  const size = { width: 1280, height: 720, theme: 'light' }
  await shoot(pages['run-failed'], size, path('docs/web-run.png'))
  await shoot(pages.editor, { ...size, theme: 'dark' }, path('docs/web-editor.png'))
}

async function shoot(address, { width, height, theme }, file) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce' })
  await page.goto(`${server.url}${address}`)
  await page.waitForLoadState('load')
  await page.locator('h1').first().waitFor()
  // What is asked for is there, and drawn.
  await page.waitForTimeout(700)
  await page.screenshot({ path: file })
  await page.close()
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
  for (let i = 0; i < 30; i++) {
    await post('/runs', {
      flowName: 'orders',
      labels: { order: String(10_480 + i) },
      input: { order: 10_480 + i, total: 40 + i, lines: lines((i % 4) + 1) },
    })
  }
  const failed = await post('/runs', { flowName: 'ticket-triage', input: {}, labels: { ticket: '5519' }, wait: true })
  const waiting = await post('/runs', { flowName: 'release-notes', input: {} })
  const nightly = await post('/runs', { flowName: 'nightly-export', input: {}, wait: true })
  const batch = await post('/runs', {
    flowName: 'orders',
    wait: true,
    inputs: Array.from({ length: 400 }, (_, i) =>
      i % 41 === 7 ? { order: i } : { order: i, total: i, lines: lines(i % 3) },
    ),
  })
  await post('/runs', { flowName: 'hello-stepflow', input: { name: 'Ada', words: ['steps', 'that', 'flow'] } })
  const waits = await (await fetch(`${url}/api/v1/waits`)).json()
  return {
    runs: '/runs',
    'run-failed': `/runs/${failed.runId}`,
    'run-waiting': `/runs/${waiting.runId}`,
    'run-graph': `/runs/${nightly.runId}`,
    'run-timeline': `/runs/${nightly.runId}?view=timeline`,
    'run-steps': `/runs/${nightly.runId}?view=steps`,
    'run-source': `/runs/${nightly.runId}?view=source`,
    batch: `/runs/${batch.runId}`,
    flows: '/flows',
    flow: '/flows/orders',
    editor: '/flows/hello-stepflow/edit',
    'new-flow': '/flows/new',
    approvals: '/approvals',
    approval: `/approvals/${waits.waits[0].id}`,
    schedules: '/schedules',
    components: '/components',
    secrets: '/secrets',
    tokens: '/tokens',
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
