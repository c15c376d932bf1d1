// The addresses of the page, and what is shown at each. Pages are loaded when they are opened.

import { createRootRoute, createRoute, createRouter, redirect } from '@tanstack/react-router'
import { basePath } from './api/base.ts'
import { RunsPage } from './pages/runs/runs-page.tsx'
import { Outlines } from './parts/waiting.tsx'
import { Frame } from './shell/frame.tsx'
import { NotFound } from './shell/not-found.tsx'

const root = createRootRoute({ component: Frame, notFoundComponent: () => <NotFound /> })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/runs', search: {}, replace: true })
  },
})

const runs = createRoute({
  getParentRoute: () => root,
  path: '/runs',
  validateSearch: textsOf(['q']),
  component: RunsPage,
})

const run = createRoute({
  getParentRoute: () => root,
  path: '/runs/$runId',
  validateSearch: textsOf(['view', 'item', 'step', 'visit', 'inside', 'tab', 'find', 'at']),
}).lazy(() => import('./pages/run/run-page.tsx').then(({ runPage }) => runPage))

const flows = createRoute({ getParentRoute: () => root, path: '/flows' }).lazy(() =>
  import('./pages/flows/flows-page.tsx').then(({ flowsPage }) => flowsPage),
)

const flow = createRoute({ getParentRoute: () => root, path: '/flows/$name' }).lazy(() =>
  import('./pages/flows/flow-page.tsx').then(({ flowPage }) => flowPage),
)

export const router = createRouter({
  routeTree: root.addChildren([home, runs, run, flows, flow]),
  basepath: basePath === '' ? '/' : basePath,
  // What stands in an address is text, as somebody would type it.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
    const params = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
    return params.size === 0 ? '' : `?${params}`
  },
  defaultPendingComponent: () => <Outlines />,
  defaultPendingMs: 150,
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

// ---

/** Keeps the texts of these names. */
function textsOf<Name extends string>(names: readonly Name[]) {
  return (search: Record<string, unknown>): { [K in Name]?: string } => {
    const found: { [K in Name]?: string } = {}
    for (const name of names) if (typeof search[name] === 'string' && search[name] !== '') found[name] = search[name]
    return found
  }
}
