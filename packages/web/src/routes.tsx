// The addresses of the page, and what is shown at each. Pages are loaded when they are opened.

import { createRootRoute, createRoute, createRouter, redirect } from '@tanstack/react-router'
import { basePath } from './api/base.ts'
import { queries, queryClient } from './api/queries.ts'
import { RunsPage } from './pages/runs/runs-page.tsx'
import { Broken } from './parts/broken.tsx'
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
  validateSearch: textsOf(['view', 'item', 'step', 'visit', 'inside', 'element', 'find', 'at']),
  // What the page shows first is asked for while the page itself is loaded; not for each link that the pointer passes over.
  loader: ({ params: { runId }, cause }) => {
    if (cause === 'enter') void readAhead(runId)
  },
}).lazy(() => import('./pages/run/run-page.tsx').then(({ runPage }) => runPage))

const compare = createRoute({
  getParentRoute: () => root,
  path: '/compare/$a/$b',
  validateSearch: textsOf(['step', 'item']),
}).lazy(() => import('./pages/compare/compare-page.tsx').then(({ comparePage }) => comparePage))

const flows = createRoute({ getParentRoute: () => root, path: '/flows' }).lazy(() =>
  import('./pages/flows/flows-page.tsx').then(({ flowsPage }) => flowsPage),
)

const flow = createRoute({ getParentRoute: () => root, path: '/flows/$name' }).lazy(() =>
  import('./pages/flows/flow-page.tsx').then(({ flowPage }) => flowPage),
)

const approvals = createRoute({
  getParentRoute: () => root,
  path: '/approvals',
  validateSearch: textsOf(['wait', 'q']),
}).lazy(() => import('./pages/approvals/approvals-page.tsx').then(({ approvalsPage }) => approvalsPage))

const approval = createRoute({ getParentRoute: () => root, path: '/approvals/$waitId' }).lazy(() =>
  import('./pages/approvals/approval-page.tsx').then(({ approvalPage }) => approvalPage),
)

const schedules = createRoute({ getParentRoute: () => root, path: '/schedules' }).lazy(() =>
  import('./pages/schedules/schedules-page.tsx').then(({ schedulesPage }) => schedulesPage),
)

const components = createRoute({ getParentRoute: () => root, path: '/components' }).lazy(() =>
  import('./pages/components/components-page.tsx').then(({ componentsPage }) => componentsPage),
)

const secrets = createRoute({ getParentRoute: () => root, path: '/secrets' }).lazy(() =>
  import('./pages/secrets/secrets-page.tsx').then(({ secretsPage }) => secretsPage),
)

const tokens = createRoute({ getParentRoute: () => root, path: '/tokens' }).lazy(() =>
  import('./pages/tokens/tokens-page.tsx').then(({ tokensPage }) => tokensPage),
)

const nodes = createRoute({ getParentRoute: () => root, path: '/nodes' }).lazy(() =>
  import('./pages/nodes/nodes-page.tsx').then(({ nodesPage }) => nodesPage),
)

const login = createRoute({ getParentRoute: () => root, path: '/login', validateSearch: textsOf(['to']) }).lazy(() =>
  import('./pages/login/login-page.tsx').then(({ loginPage }) => loginPage),
)

const newFlow = createRoute({ getParentRoute: () => root, path: '/flows/new' }).lazy(() =>
  import('./pages/editor/editor-page.tsx').then(({ newFlowPage }) => newFlowPage),
)

const editor = createRoute({
  getParentRoute: () => root,
  path: '/flows/$name/edit',
  validateSearch: textsOf(['dock', 'test']),
}).lazy(() => import('./pages/editor/editor-page.tsx').then(({ editorPage }) => editorPage))

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    runs,
    run,
    compare,
    flows,
    flow,
    newFlow,
    editor,
    approvals,
    approval,
    schedules,
    components,
    secrets,
    tokens,
    nodes,
    login,
  ]),
  basepath: basePath === '' ? '/' : basePath,
  // What stands in an address is text, as somebody would type it.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
    const params = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
    return params.size === 0 ? '' : `?${params}`
  },
  defaultErrorComponent: ({ error }) => <Broken error={error} what="page" />,
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

/** What cannot be read is told by the page. */
async function readAhead(runId: string): Promise<void> {
  void queryClient.prefetchQuery(queries.runFlow(runId))
  await queryClient.prefetchQuery(queries.run(runId))
  const run = queryClient.getQueryData(queries.run(runId).queryKey)
  if (run?.items.total === 1) await queryClient.prefetchQuery(queries.steps(runId, undefined))
}

/** Keeps the texts of these names. */
function textsOf<Name extends string>(names: readonly Name[]) {
  return (search: Record<string, unknown>): { [K in Name]?: string } => {
    const found: { [K in Name]?: string } = {}
    for (const name of names) if (typeof search[name] === 'string' && search[name] !== '') found[name] = search[name]
    return found
  }
}
