// What is taken of the server that has everything: each page, and what opens on it. `until` is what takes longest to be there,
// `act` what somebody does then; `isWide`: there is no such thing on a telephone.

const button = (name, options) => (page) =>
  page
    .getByRole('button', { name, ...options })
    .first()
    .click()
const tab = (name) => (page) => page.getByRole('tab', { name }).click()
const dialog = (name) => async (page) => {
  await button(name)(page)
  await page.locator('.dialog').waitFor()
}
const menu = (name) => async (page) => {
  await button('More', { exact: true })(page)
  await page.getByRole('menuitem', { name }).click()
  await page.locator('.dialog').waitFor()
}
const inTurn =
  (...acts) =>
  async (page) => {
    for (const act of acts) await act(page)
  }
const keys =
  (...pressed) =>
  async (page) => {
    for (const key of pressed) {
      await page.waitForTimeout(300)
      if (/^(\W|Enter|F2|\w+\+.+)$/.test(key)) await page.keyboard.press(key)
      else await page.keyboard.type(key)
    }
  }
/** Writes into the text of the flow, at its end. */
const write = (text) => async (page) => {
  await page.getByRole('textbox', { name: 'Flow text' }).click()
  await keys('Control+End', text)(page)
  await page.waitForTimeout(600)
}

export function pagesOf(ids) {
  const run = (id, rest = '') => `/runs/${ids[id]}${rest}`
  const node = '.node'
  const step = { path: '/flows/orders/edit', until: node, isWide: true }
  return {
    runs: { path: '/runs' },
    'runs-filtered': { path: '/runs?q=status%3Afailed' },
    'runs-none': { path: '/runs?q=status%3Apaused+flow%3Aorders' },
    'runs-selected': {
      path: '/runs',
      until: 'tbody [type=checkbox]',
      isWide: true,
      act: (page) =>
        page
          .locator('tbody [type=checkbox]')
          .nth(1)
          .click()
          .then(() => page.locator('tbody [type=checkbox]').nth(3).click()),
    },
    'run-failed': { path: run('failed') },
    'run-waiting': { path: run('waiting') },
    'run-paused': { path: run('paused') },
    'run-cancelled': { path: run('cancelled') },
    'run-hello': { path: run('hello') },
    'run-skipped': { path: run('skipped', '?step=ask_again') },
    'run-graph': { path: run('nightly') },
    'run-details': { path: run('nightly'), act: tab('Details') },
    'run-timeline': { path: run('nightly', '?view=timeline') },
    'run-timeline-failed': { path: run('failed', '?view=timeline') },
    'run-steps': { path: run('nightly', '?view=steps') },
    'run-logs': { path: run('failed', '?view=logs') },
    'run-source': { path: run('nightly', '?view=source') },
    'run-then': { path: run('nightly', `?at=${encodeURIComponent(ids.moment)}`) },
    'run-inside': { path: run('inside', `?inside=${encodeURIComponent(ids.settle)}`) },
    'run-inside-panel': { path: run('inside', '?step=settle'), act: tab('Inside') },
    'run-why': { path: run('failed', '?step=route'), act: tab('Why') },
    'run-attempts': { path: run('failed', '?step=classify'), act: tab('Attempts') },
    'run-find': { path: run('wide', '?find=%2Bship_50') },
    'run-wide': { path: run('wide') },
    'run-wide-timeline': { path: run('wide', '?view=timeline') },
    'run-commands': { path: run('nightly'), act: menu('As command') },
    'run-delete': { path: run('nightly'), act: menu('Delete') },
    'run-rerun': { path: run('failed'), act: dialog('Rerun from classify') },
    'run-compare': { path: run('nightly'), act: dialog('Compare') },
    'run-menu': { path: run('failed'), act: button('More', { exact: true }) },
    palette: { path: run('failed'), act: keys('Control+k', 'cl') },
    'palette-none': { path: '/runs', act: keys('Control+k', 'zzzz') },
    keys: { path: '/runs', act: keys('?') },
    settings: { path: '/runs', isWide: true, act: button('Settings') },
    menu: { path: '/runs', isNarrow: true, act: button('Menu') },
    compare: { path: `/compare/${ids.nightly}/${ids.nightlyToo}` },
    'compare-step': { path: `/compare/${ids.nightly}/${ids.nightlyToo}?step=upload` },
    batch: { path: run('batch') },
    'batch-filtered': { path: run('batch'), act: button('Failed') },
    'batch-failed-item': { path: run('batch', '?item=7') },
    flows: { path: '/flows' },
    flow: { path: '/flows/orders' },
    'flow-long': { path: '/flows/payments-settlement-and-reconciliation-of-the-previous-day' },
    'flow-versions': { path: '/flows/shipping', act: dialog('Compare v2') },
    'new-run': { path: '/flows/hello-stepflow', act: dialog('Run') },
    'new-run-wrong': {
      path: '/flows/orders',
      act: inTurn(dialog('Run'), (page) => page.getByLabel('Filled from').selectOption({ index: 0 }), button('Start')),
    },
    'new-run-flow': { path: '/runs', act: dialog('New run') },
    'new-flow': { path: '/flows/new', until: node },
    editor: { path: '/flows/hello-stepflow/edit', until: node },
    'editor-step': { ...step, act: button(/^price/) },
    'editor-picker': {
      ...step,
      act: inTurn(button(/^notify/), (page) => page.locator('.step-form .value-field > .button').first().click()),
    },
    'editor-palette': { path: '/flows/orders/edit', until: node, act: button('Add step') },
    'editor-values': { ...step, act: inTurn(button(/^price/), tab('Values')) },
    'editor-run': { path: '/flows/hello-stepflow/edit', until: node, act: tab('Run') },
    'editor-ran': {
      path: '/flows/hello-stepflow/edit',
      until: node,
      act: inTurn(button('Run', { exact: true }), (page) => page.waitForTimeout(2_000)),
    },
    'editor-tests': {
      path: '/flows/tested/edit',
      until: node,
      act: inTurn(
        tab('Tests'),
        (page) => page.locator('.dock').getByRole('button', { name: /Run/ }).click(),
        (page) => page.waitForTimeout(3_000),
      ),
    },
    'editor-versions': { path: '/flows/shipping/edit', until: node, act: tab('Versions') },
    'editor-problems': { path: '/flows/orders/edit', until: node, act: write('\n  more: { $step: scor }\nstpes: 1\n') },
    'editor-hints': { ...step, act: inTurn(write('\nmore: { $step: '), keys('Control+Space')) },
    'editor-rename': { ...step, act: inTurn(button(/^score/), keys('F2')) },
    approvals: { path: '/approvals' },
    'approvals-selected': { path: `/approvals?wait=${encodeURIComponent(ids.wait)}`, isWide: true },
    'approvals-none': { path: '/approvals?q=nothing+of+the+kind' },
    approval: { path: `/approvals/${ids.wait}` },
    'approval-wrong': { path: `/approvals/${ids.wait}`, act: button('Send decision') },
    'approval-decided': { path: `/approvals/${ids.decided}` },
    schedules: { path: '/schedules' },
    'schedule-open': { path: '/schedules', until: 'table', act: button(/02:30/) },
    components: { path: '/components' },
    'component-open': { path: '/components', until: 'table', act: button('/builtin/http') },
    nodes: { path: '/nodes' },
    'not-found': { path: '/nowhere' },
    'run-gone': { path: '/runs/r_nothing' },
  }
}

export { button, dialog, keys }
