// Pictures of every page with real data, in three sizes and both themes, for whoever changes how it looks: `npm run web:shots`.
// They go to tmp/web-shots, or to the folder after `--out`. Words after `--` take only pages whose names begin with one of them
// (`runs`, `empty`, `forced`), widths (`390`) and themes (`dark`). `--docs` puts those of the documentation beside its page.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { chromiumPath } from '../../../scripts/chromium.mjs'
import { pagesOf } from './pages.mjs'
import { guarded, newFolder, now, past } from './runs.mjs'
import { program, serve } from './serve.mjs'
import { emptyPages, faultyPages, guardedPages, otherEyes } from './states.mjs'

const THEMES = ['light', 'dark']
const SIZES = [
  [1440, 900],
  [1024, 768],
  [390, 844],
]
/** The width of a sheet of A4, in the pixels of a browser. */
const PAPER = 794
const WIDTHS = SIZES.map(([width]) => String(width))

const {
  values: { docs, out = fileURLToPath(new URL('../../../tmp/web-shots', import.meta.url)) },
  positionals: words,
} = parseArgs({ allowPositionals: true, options: { docs: { type: 'boolean' }, out: { type: 'string' } } })
const executablePath = chromiumPath()
if (!executablePath) {
  console.error('there is no Chromium here: apt-get install chromium, or name one in CHROMIUM_PATH')
  process.exit(3)
}
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
/** What is to be undone at the end, the latest first. */
const ends = [() => browser.close()]
try {
  const full = await fullServer()
  if (docs) await forDocs(full)
  else await all(full)
} finally {
  for (const end of ends.reverse()) await end()
}

// ---

async function all({ url, ids }) {
  mkdirSync(out, { recursive: true })
  const pages = pagesOf(ids)
  const sets = [
    [url, { ...pages, ...otherEyes(pages), ...faultyPages(ids) }],
    await emptyServer(),
    await guardedServer(),
  ]
  const names = words.filter((word) => !WIDTHS.includes(word) && !THEMES.includes(word))
  const wants = (all, one) => !all.some((word) => words.includes(word)) || words.includes(one)
  for (const [width, height] of SIZES.filter(([width]) => wants(WIDTHS, String(width)))) {
    for (const theme of THEMES.filter((theme) => wants(THEMES, theme))) {
      for (const [from, set, tokens] of sets) {
        for (const [name, picture] of Object.entries(set)) {
          if (names.length > 0 && !names.some((word) => name === word || name.startsWith(`${word}-`))) continue
          if (width < 600 ? picture.isWide : picture.isNarrow) continue
          const file = join(out, `${name}-${width}-${theme}.png`)
          try {
            await shoot(from, { ...picture, token: tokens?.[picture.role], width, height, theme }, file)
          } catch (error) {
            console.error(`${file}: ${error.message.split('\n')[0]}`)
          }
        }
      }
    }
  }
  console.log(out)
}

async function forDocs({ url, ids }) {
  const { 'run-failed': run, editor } = pagesOf(ids)
  const size = { width: 1280, height: 720 }
  const fileOf = (name) => fileURLToPath(new URL(`../../../docs/${name}.png`, import.meta.url))
  await shoot(url, { ...run, ...size, theme: 'light' }, fileOf('web-run'))
  await shoot(url, { ...editor, ...size, theme: 'dark' }, fileOf('web-editor'))
}

async function shoot(url, picture, file) {
  const { path, until = 'h1', act, before, token, isHalf = false, isPaper = false, zoom = 1 } = picture
  const width = isPaper ? PAPER : Math.round(picture.width / zoom)
  const context = await browser.newContext({
    viewport: { width, height: Math.round(picture.height / zoom) },
    deviceScaleFactor: zoom,
    colorScheme: picture.theme,
    reducedMotion: 'reduce',
    hasTouch: picture.width < 600,
    ...(picture.media?.forcedColors ? { forcedColors: picture.media.forcedColors } : {}),
  })
  context.setDefaultTimeout(15_000)
  try {
    if (token) await context.request.post(`${url}/api/v1/session`, { data: { token } })
    const page = await context.newPage()
    await before?.(page)
    await page.goto(`${url}${path}`)
    await page.waitForLoadState('load')
    await page.locator(until).first().waitFor()
    await act?.(page)
    if (picture.media?.media) await page.emulateMedia(picture.media)
    // What is asked for is there, and drawn: outlines come a moment after it was asked for.
    await page.waitForTimeout(700)
    if (!isHalf) await page.waitForFunction(() => document.querySelector('.outline-bars') === null)
    await page.waitForTimeout(300)
    await page.screenshot({ path: file, fullPage: isPaper })
  } finally {
    await context.close()
  }
}

async function fullServer() {
  const folder = newFolder()
  ends.push(() => rmSync(folder, { recursive: true, force: true }))
  await past(folder)
  const server = await serve(folder, { words: ['--flows', 'flows'] })
  ends.push(server.end)
  return { url: server.url, ids: await now(server) }
}

async function emptyServer() {
  const folder = mkdtempSync(join(tmpdir(), 'stepflow-shots-'))
  ends.push(() => rmSync(folder, { recursive: true, force: true }))
  const server = await serve(folder)
  ends.push(server.end)
  return [server.url, emptyPages()]
}

async function guardedServer() {
  const folder = newFolder()
  ends.push(() => rmSync(folder, { recursive: true, force: true }))
  const tokens = Object.fromEntries(['viewer', 'admin'].map((role) => [role, newToken(folder, role)]))
  const server = await serve(folder, {
    words: ['--flows', 'flows', '--allow-host', 'flows.example'],
    token: tokens.admin,
  })
  ends.push(server.end)
  return [server.url, guardedPages(await guarded(server)), tokens]
}

function newToken(folder, role) {
  const asked = ['tokens', 'create', '--role', role, '--name', `${role} of the night`]
  return spawnSync(process.execPath, [program, ...asked], { cwd: folder, encoding: 'utf8' }).stdout.trim()
}
