// How soon the page shows what it is asked for, and how evenly it moves, in Chromium: beside an empty page of the same browser.

import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { chromiumPath } from '../../scripts/chromium.mjs'
import { line, number, percentile, takeTurns } from '../measure.mjs'
import { isQuick, post, scratch, serve } from '../programs.mjs'

const RUNS = 1_000
const STEPS = 10_000
const ITEMS = isQuick ? 20_000 : 100_000
const LIVE_SECONDS = isQuick ? 8 : 60
const ROUNDS = isQuick ? 3 : 7
const TYPED = 40

export async function measure() {
  const executablePath = chromiumPath()
  if (!executablePath) return [line({ what: 'the page', values: [0], unit: 'ms', note: 'skipped: no Chromium here' })]
  const folder = project()
  const server = await serve(folder, '--store', 'memory')
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--enable-precise-memory-info'] })
  const open = async (path, options) => opened(browser, `${server.url}${path}`, options)
  try {
    return [
      ...(await firstPaint(server.url, browser, open)),
      ...(await manySteps(server.url, open)),
      ...(await manyItems(server.url, open)),
      ...(await live(server.url, open)),
      ...(await typing(open)),
    ]
  } finally {
    await browser.close()
    await server.end()
  }
}

// ---

async function firstPaint(url, browser, open) {
  for (let from = 0; from < RUNS; from += 50) {
    const some = Array.from({ length: 50 }, (_, i) => ({ flowName: 'orders', input: { order: from + i } }))
    await Promise.all(some.map((run) => start(url, run)))
  }
  const bare = createServer((_, response) => response.end('<!doctype html><title>x</title><p id="all">x</p>'))
  await new Promise((resolve) => bare.listen(0, resolve))
  const empty = `http://127.0.0.1:${bare.address().port}/`
  try {
    const shown = async (page, selector) => {
      const at = await page.evaluate(shownAt, selector)
      await page.context().close()
      return at
    }
    const { floors, subjects } = await takeTurns(
      async () => shown(await opened(browser, empty), '#all'),
      async () => shown(await open('/runs'), 'tbody tr:nth-child(10) a'),
      { rounds: ROUNDS },
    )
    const values = subjects.map((value, i) => value - floors[i])
    const what = `first paint of /runs with ${number(RUNS)} runs, more than an empty page`
    return [line({ what, goal: '<= 500 ms', limit: 500, values, unit: 'ms' })]
  } finally {
    bare.close()
  }
}

async function manySteps(url, open) {
  const { runId } = await start(url, { flow: longFlow(), input: {}, wait: true })
  const values = []
  for (let round = -1; round < Math.min(ROUNDS, 3); round++) {
    const page = await open(`/runs/${runId}`)
    const at = await page.evaluate(shownAt, '.node.failed.selected')
    if (round >= 0) values.push(at)
    await page.context().close()
  }
  const page = await open(`/runs/${runId}`)
  await page.evaluate(shownAt, '.node.failed.selected')
  const panned = await frames(page, '.canvas canvas', (i) => ({ deltaX: i < 60 ? -40 : 40, deltaY: 12 }))
  const zoomed = await frames(page, '.canvas canvas', (i) => ({ deltaY: i < 60 ? 12 : -12, ctrlKey: true }))
  await page.getByRole('tab', { name: 'Timeline' }).click()
  await page.evaluate(shownAt, '.lane')
  const scrolled = await scrolling(page, '.timeline')
  const heap = await heapOf(page)
  await page.context().close()
  const smooth = (what, values) =>
    line({ what, goal: '<= 34 ms', limit: 34, values: [percentile(values, 0.95)], unit: 'ms' })
  return [
    line({
      what: `a run of ${number(STEPS)} steps: the one that failed in view`,
      goal: '<= 1,000 ms',
      limit: 1_000,
      values,
      unit: 'ms',
    }),
    smooth('its graph moved, p95 of a frame', panned),
    smooth('its graph made larger and smaller, p95 of a frame', zoomed),
    smooth('its timeline scrolled, p95 of a frame', scrolled),
    line({ what: 'its page, heap', goal: '<= 80 MB', limit: 80, values: [heap], unit: 'MB' }),
  ]
}

async function manyItems(url, open) {
  const inputs = Array.from({ length: ITEMS }, (_, i) => ({ order: i, good: i % 1_000 !== 7 }))
  const { runId } = await start(url, { flowName: 'checks', inputs })
  await ended(url, runId)
  const page = await open(`/runs/${runId}`)
  const grid = await page.evaluate(shownAt, '[role=grid] a')
  const filter = await page.evaluate(clickedAt, {
    of: '.filter-bar .chip',
    nth: 1,
    until: '.filter-bar b',
    text: String(ITEMS / 1_000),
  })
  const cells = await scrolling(page, '.cells-scroll')
  const openOne = await page.evaluate(clickedAt, { of: '[role=grid] a', nth: 0, until: '.node.failed' })
  await page.context().close()
  const what = `a run of ${number(ITEMS)} items`
  return [
    line({ what: `${what}: its grid`, goal: '<= 1,000 ms', limit: 1_000, values: [grid], unit: 'ms' }),
    line({ what: `${what}: those that failed`, goal: '<= 100 ms', limit: 100, values: [filter], unit: 'ms' }),
    line({ what: `${what}: one of them opened`, goal: '<= 300 ms', limit: 300, values: [openOne], unit: 'ms' }),
    line({
      what: `${what}: cells scrolled, p95 of a frame`,
      goal: '<= 34 ms',
      limit: 34,
      values: [percentile(cells, 0.95)],
      unit: 'ms',
    }),
  ]
}

/** From an event's arrival to the frame that shows it, while runs begin and end as fast as they are asked for. */
async function live(url, open) {
  const page = await open('/runs', { init: watchEvents })
  await page.evaluate(shownAt, '.live')
  const until = Date.now() + LIVE_SECONDS * 1_000
  let begun = 0
  while (Date.now() < until) {
    const second = Date.now()
    // About four events each: it begins, moves, ends, and counts change.
    await Promise.all(Array.from({ length: 50 }, () => start(url, { flowName: 'orders', input: { order: begun++ } })))
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, second + 1_000 - Date.now())))
  }
  const { events, delays, longest } = await page.evaluate(() => window.watched)
  await page.context().close()
  const note = `${number(events / LIVE_SECONDS)} events/s; longest frame ${number(longest)} ms`
  return [
    line({
      what: 'live list: event to frame, p95',
      goal: '<= 200 ms',
      limit: 200,
      values: [percentile(delays, 0.95)],
      unit: 'ms',
      note,
    }),
  ]
}

async function typing(open) {
  const page = await open('/flows/long/edit')
  await page.evaluate(shownAt, '.cm-content')
  await page.locator('.cm-content').click()
  const keys = await page.evaluate(typed, TYPED)
  await page.context().close()
  return [
    line({
      what: 'a key in a flow of 1,000 steps, p95',
      goal: '<= 32 ms',
      limit: 32,
      values: [percentile(keys, 0.95)],
      unit: 'ms',
    }),
  ]
}

// --- in the page

/** Milliseconds from the navigation to the frame after something is there. */
function shownAt(selector) {
  return new Promise((resolve) => {
    const look = () => {
      if (document.querySelector(selector)) requestAnimationFrame(() => resolve(performance.now()))
      else requestAnimationFrame(look)
    }
    look()
  })
}

/** Milliseconds from a click to the frame after something is there, with a text if need be. */
function clickedAt({ of, nth, until, text }) {
  return new Promise((resolve) => {
    const start = performance.now()
    const look = () => {
      const found = document.querySelector(until)
      if (found && (text === undefined || found.textContent === text)) {
        requestAnimationFrame(() => resolve(performance.now() - start))
      } else requestAnimationFrame(look)
    }
    document.querySelectorAll(of)[nth].click()
    look()
  })
}

function watchEvents() {
  window.watched = { events: 0, delays: [], longest: 0 }
  const listen = MessagePort.prototype.addEventListener
  MessagePort.prototype.addEventListener = function (name, listener, ...rest) {
    const told = (event) => {
      const start = performance.now()
      if (event.data?.event === undefined) return listener(event)
      window.watched.events++
      listener(event)
      // What it changes is applied in the next frame, and shown in the one after that.
      requestAnimationFrame(() => requestAnimationFrame(() => window.watched.delays.push(performance.now() - start)))
    }
    return listen.call(this, name, told, ...rest)
  }
  let last = performance.now()
  const frame = () => {
    const now = performance.now()
    if (now > 3_000) window.watched.longest = Math.max(window.watched.longest, now - last)
    last = now
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}

async function typed(count) {
  const keys = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    document.execCommand('insertText', false, ' ')
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    keys.push(performance.now() - start)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return keys
}

/** The lengths of the frames while a wheel turns over something. */
function frames(page, selector, turnOf) {
  const turns = Array.from({ length: 120 }, (_, i) => turnOf(i))
  return page.evaluate(
    async ({ selector, turns }) => {
      const element = document.querySelector(selector)
      const box = element.getBoundingClientRect()
      const at = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, bubbles: true, cancelable: true }
      const lengths = []
      let last = performance.now()
      for (const turn of turns) {
        element.dispatchEvent(new WheelEvent('wheel', { ...at, ...turn }))
        await new Promise(requestAnimationFrame)
        const now = performance.now()
        lengths.push(now - last)
        last = now
      }
      return lengths
    },
    { selector, turns },
  )
}

function scrolling(page, selector) {
  return page.evaluate(async (selector) => {
    const element = [...document.querySelectorAll(selector)].find((one) => one.scrollHeight > one.clientHeight + 10)
    if (!element) return [0]
    const lengths = []
    let last = performance.now()
    for (let i = 0; i < 120; i++) {
      element.scrollTop += 90
      await new Promise(requestAnimationFrame)
      const now = performance.now()
      lengths.push(now - last)
      last = now
    }
    return lengths
  }, selector)
}

// --- beside it

async function opened(browser, address, { init } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  context.setDefaultTimeout(120_000)
  const page = await context.newPage()
  if (init) await page.addInitScript(init)
  await page.goto(address)
  return page
}

async function heapOf(page) {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize / 1e6
}

function start(url, run) {
  return post(`${url}/api/v1/runs`, run)
}

async function ended(url, runId) {
  for (;;) {
    const { status } = await (await fetch(`${url}/api/v1/runs/${runId}`)).json()
    if (status === 'completed' || status === 'failed') return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Each step reads one of those before it; the last but nineteen fails. */
function longFlow() {
  const steps = stepsOf(STEPS)
  steps[STEPS - 20] = { ...steps[STEPS - 20], component: '/builtin/http', input: { url: 'ftp://nowhere' } }
  return { name: 'ten-thousand', steps, output: { $step: steps.at(-1).id } }
}

function stepsOf(count) {
  return Array.from({ length: count }, (_, i) => ({
    id: `step_${i}`,
    component: '/builtin/noop',
    input: i < 20 ? { $input: '$' } : { $step: `step_${i - 20 + (i % 3)}` },
  }))
}

function project() {
  const folder = join(scratch(), `web-${process.pid}`)
  mkdirSync(join(folder, 'flows'), { recursive: true })
  const orders = [
    { id: 'fetch', component: '/builtin/noop', input: { $input: '$' } },
    { id: 'score', component: '/builtin/noop', input: { $step: 'fetch' } },
  ]
  const checks = [
    { id: 'parse', component: '/builtin/noop', input: { $input: '$' } },
    {
      id: 'check',
      component: '/builtin/http',
      skip_if: { $input: 'good' },
      needs: ['parse'],
      input: { url: 'ftp://nowhere' },
    },
  ]
  const files = {
    orders: { name: 'orders', steps: orders, output: { $step: 'score' } },
    checks: { name: 'checks', steps: checks, output: { $coalesce: [{ $step: 'check' }, { $step: 'parse' }] } },
    long: { name: 'long', steps: stepsOf(1_000), output: { $step: 'step_999' } },
  }
  for (const [name, flow] of Object.entries(files)) {
    writeFileSync(join(folder, 'flows', `${name}.yaml`), yamlOf(flow))
  }
  return folder
}

/** JSON is YAML; a step a line, as people write. */
function yamlOf({ name, steps, output }) {
  const lines = steps.map((step) => `  - ${JSON.stringify(step)}`)
  return `name: ${name}\nsteps:\n${lines.join('\n')}\noutput: ${JSON.stringify(output)}\n`
}
