// What is taken of servers that have nothing, ask who one is, are slow or broken, and of screens that are unlike most: large
// letters, colours of the reader's own, paper.

import { button, dialog, keys } from './pages.mjs'

const answers = '**/api/v1/**'
const broken = {
  status: 500,
  contentType: 'application/problem+json',
  body: JSON.stringify({
    type: 'about:blank',
    title: 'Internal',
    status: 500,
    code: 'INTERNAL',
    detail: 'SQLITE_FULL: database or disk is full',
  }),
}
/** But for who one is: without that the page would not begin. */
const except = (does) => (route) => (/\/(info|events)/.test(route.request().url()) ? route.continue() : does(route))

/** The stream of events never opens. */
const cut = {
  before: (page) => page.route(/\/events/, (route) => route.abort()),
  act: (page) => page.waitForTimeout(3_000),
}

/** Nobody has done anything here yet. */
export function emptyPages() {
  const pages = ['runs', 'flows', 'approvals', 'schedules', 'secrets', 'tokens', 'nodes', 'components']
  return {
    ...Object.fromEntries(pages.map((name) => [`empty-${name}`, { path: `/${name}` }])),
    'empty-palette': { path: '/runs', act: keys('Control+k') },
  }
}

/** Of the server that has everything: pages as they are while it says nothing, or fails. */
export function faultyPages(ids) {
  const shown = {
    runs: '/runs',
    run: `/runs/${ids.failed}`,
    batch: `/runs/${ids.batch}`,
    compare: `/compare/${ids.nightly}/${ids.nightlyToo}`,
    flows: '/flows',
    flow: '/flows/orders',
    editor: '/flows/orders/edit',
    approvals: '/approvals',
    approval: `/approvals/${ids.wait}`,
    components: '/components',
  }
  const each = (word, more) =>
    Object.fromEntries(
      Object.entries(shown).map(([name, path]) => [`${word}-${name}`, { path, until: 'main', ...more }]),
    )
  return {
    ...each('loading', {
      isHalf: true,
      before: (page) =>
        page.route(
          answers,
          except(() => {}),
        ),
    }),
    ...each('failed', {
      before: (page) =>
        page.route(
          answers,
          except((route) => route.fulfill(broken)),
        ),
    }),
    reconnecting: { path: '/runs', ...cut },
    'run-reconnecting': { path: `/runs/${ids.waiting}`, ...cut },
  }
}

/** Of a server that asks who one is. */
export function guardedPages(ids) {
  const viewer = (path) => ({ path, role: 'viewer' })
  const admin = (path, act) => ({ path, role: 'admin', act })
  return {
    login: { path: '/login' },
    'login-wrong': {
      path: '/login',
      act: (page) =>
        page
          .getByLabel('Token')
          .fill('nobody')
          .then(() => button('Sign in')(page)),
    },
    'session-over': {
      ...admin('/flows/orders'),
      act: async (page) => {
        await dialog('Run')(page)
        await page.context().clearCookies()
        await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
        await page.getByLabel('Token').waitFor()
      },
    },
    'viewer-runs': viewer('/runs'),
    'viewer-run': viewer(`/runs/${ids.failed}`),
    'viewer-flow': viewer('/flows/orders'),
    'viewer-editor': viewer('/flows/orders/edit'),
    'viewer-new-flow': viewer('/flows/new'),
    'viewer-approval': viewer(`/approvals/${ids.wait}`),
    'viewer-schedules': viewer('/schedules'),
    'viewer-secrets': viewer('/secrets'),
    'viewer-tokens': viewer('/tokens'),
    secrets: admin('/secrets'),
    'secret-new': admin('/secrets', dialog('New secret')),
    'secret-delete': admin('/secrets', dialog('Delete')),
    tokens: admin('/tokens'),
    'token-new': admin('/tokens', dialog('New token')),
    'token-made': admin('/tokens', (page) => dialog('New token')(page).then(() => button('Create')(page))),
    'token-revoke': admin('/tokens', dialog('Revoke')),
  }
}

/** The same pages for other eyes. */
export function otherEyes(pages) {
  const named = (names, prefix, more) =>
    Object.fromEntries(names.map((name) => [`${prefix}-${name}`, { ...pages[name], ...more }]))
  return {
    ...named(
      ['runs', 'run-failed', 'batch', 'editor-step', 'approval', 'new-run', 'schedules', 'compare', 'flow'],
      'zoom',
      {
        zoom: 2,
        isWide: true,
      },
    ),
    ...named(
      [
        'runs',
        'run-failed',
        'run-timeline',
        'run-hello',
        'batch',
        'compare',
        'editor-step',
        'new-run',
        'approval',
        'schedules',
      ],
      'forced',
      { media: { forcedColors: 'active' } },
    ),
    ...named(['run-failed', 'run-hello', 'run-timeline', 'batch', 'runs', 'approval', 'compare', 'flow'], 'print', {
      media: { media: 'print' },
      isPaper: true,
    }),
  }
}
